using System.CommandLine;
using static TorchSharp.torch;

namespace Liger.Bench.Workers;

/// <summary>Our side of the comparison, in a process of its own; reference.py takes the same arguments.</summary>
internal static class WorkerCommand
{
    internal const string Name = "worker";

    internal static Command Create()
    {
        var work = new Argument<string>("work");
        work.AcceptOnlyFromAmong("train", "decode");
        var checkpoint = new Option<string>("--checkpoint") { Required = true };
        var adapter = new Option<string>("--adapter");
        var data = new Option<string>("--data") { Required = true };
        var dtype = new Option<string>("--dtype") { Required = true };
        var mixer = new Option<string>("--mixer") { DefaultValueFactory = _ => "softmax" };
        var threads = new Option<int>("--threads") { Required = true };
        var command = new Command(Name, "Does one side's work on request; used by the benchmark itself.")
        {
            work, checkpoint, adapter, data, dtype, mixer, threads,
        };
        command.Hidden = true;
        command.SetAction(parsed =>
        {
            set_num_threads(parsed.GetValue(threads));
            var type = parsed.GetValue(dtype) == "bf16" ? ScalarType.BFloat16 : ScalarType.Float32;
            var inputs = WorkInputs.Read(parsed.GetValue(data)!);
            using var unit = parsed.GetValue(work) == "train"
                ? (IWork)new TrainingWork(parsed.GetValue(checkpoint)!, parsed.GetValue(adapter)!, parsed.GetValue(mixer)!, type, inputs)
                : new DecodingWork(parsed.GetValue(checkpoint)!, parsed.GetValue(mixer)!, type, inputs);
            unit.Run(new Turns(Console.In, Console.Out));
        });
        return command;
    }
}
