using Liger.GpuBench;

// Usage: SECTION… [--json FILE]; the sections are the cases below.
const string selected = "selected window=64 sinks=4 selected=64 key-score=learned cache-bits=8", memory = "memory window=64 sinks=4 cache-bits=8";
if (!TorchSharp.torch.cuda.is_available())
{
    Console.Error.WriteLine("bench-gpu: libtorch sees no GPU here. Run it on a machine with one; tools/device-run says how.");
    return 3;
}
var path = args.SkipWhile(a => a != "--json").Skip(1).FirstOrDefault();
// libtorch counts a device's memory from its first tensor there on.
using var awake = TorchSharp.torch.zeros([1], device: TorchSharp.torch.device("cuda:0"));
var report = new Report(path);
var sections = args.TakeWhile(a => a != "--json").ToList();
foreach (var section in sections)
{
    switch (section)
    {
        case "prefill": PrefillBench.Run(report, "liger-gla", portions: true); break;
        case "prefill-softmax": PrefillBench.Run(report, "softmax", portions: false); break;
        case "compile": CompileBench.Run(report); break;
        case "load": LoadBench.Run(report); break;
        case "step": TrainBench.Run(report, "liger-gla", [(8, 1024, false), (8, 1024, true)]); break;
        case "pieces": PieceBench.Run(report); break;
        case "train": TrainBench.Run(report, "liger-gla", [(1, 1024, false), (8, 1024, false), (8, 1024, true), (4, 4096, true), (1, 32768, true)]); break;
        case "train-softmax": TrainBench.Run(report, "softmax", [(8, 1024, false), (8, 1024, true)]); break;
        case "train-selected": TrainBench.Run(report, selected, [(8, 1024, true)]); break;
        case "decode": DecodeBench.Run(report, "liger-gla", [(1, 1024), (1, 16384), (1, 65536), (16, 1024)]); break;
        case "decode-softmax": DecodeBench.Run(report, "softmax", [(1, 1024), (1, 4096), (1, 16384)]); break;
        case "decode-selected": DecodeBench.Run(report, selected, [(1, 1024), (1, 16384), (16, 1024)]); break;
        case "decode-memory": DecodeBench.Run(report, memory, [(1, 1024), (1, 16384), (16, 1024)]); break;
        default:
            Console.Error.WriteLine($"bench-gpu: unknown section '{section}'.");
            return 2;
    }
}
return 0;
