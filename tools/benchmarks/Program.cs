using System.CommandLine;
using Liger.Bench.Measuring;
using Liger.Bench.MixerSpeed;
using Liger.Bench.Workers;

var root = new RootCommand("Times the LoRA step and decoding against the same arithmetic in python3-torch, both sides in turn, one process each.");
BenchCommand.Fill(root);
root.Add(WorkerCommand.Create());
root.Add(MixersCommand.Create());
root.Add(MixerPointCommand.Create());
return root.Parse(args).Invoke();
