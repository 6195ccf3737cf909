using TorchSharp;
using static TorchSharp.torch;

namespace Liger.Steps;

/// <summary>Turns the names of devices and types into what they stand for on this machine.</summary>
internal static class Placement
{
    /// <summary>auto, cpu, cuda or cuda:N.</summary>
    /// <exception cref="LigerException">The name is no device (exit code 2), or this machine has no such device (exit code 3).</exception>
    internal static Device Device(string name)
    {
        var gpus = name == "cpu" || !torch.cuda.is_available() ? 0 : torch.cuda.device_count();
        if (name == "auto") return gpus > 0 ? torch.device("cuda:0") : torch.CPU;
        if (name == "cpu") return torch.CPU;
        var index = name == "cuda" ? 0 : -1;
        if (index < 0 && !(name.StartsWith("cuda:", StringComparison.Ordinal) && int.TryParse(name.AsSpan(5), out index) && index >= 0))
            throw new LigerException($"device: expected auto, cpu, cuda or cuda:N, got '{name}'.", ExitCode.WrongUse);
        if (index >= gpus)
            throw new LigerException($"device: this machine has no '{name}' — {(gpus == 0 ? "libtorch sees no GPU" : $"libtorch sees {gpus}")}. 'liger doctor' shows what there is.", ExitCode.Environment);
        return torch.device($"cuda:{index}");
    }

    /// <summary>auto, float32 or bfloat16; null leaves every tensor in the type it is stored in.</summary>
    /// <exception cref="LigerException">The name is no type that can be computed in.</exception>
    internal static ScalarType? Dtype(string name, Device device) => name switch
    {
        "float32" => ScalarType.Float32,
        "bfloat16" => ScalarType.BFloat16,
        "auto" => device.type == DeviceType.CPU ? ScalarType.Float32 : null,
        _ => throw new LigerException($"dtype: expected auto, float32 or bfloat16, got '{name}'.", ExitCode.WrongUse),
    };
}
