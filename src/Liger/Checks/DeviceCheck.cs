using Liger.Steps;
using TorchSharp;

namespace Liger.Checks;

/// <summary>libtorch loads, the device is there, and the model fits into its memory.</summary>
internal sealed class DeviceCheck : RecipeCheck
{
    private const int BytesOfFloat32 = 4, BytesOfBFloat16 = 2;

    internal override string Title => "the device is there and has the memory";

    internal override string Run(CheckedRun run)
    {
        var train = run.Recipe.Train;
        var device = Placement.Device(train.Device);
        var stored = run.Model.TotalBytes;
        var count = run.Model.TensorNames.Sum(name => run.Model.Info(name).Count);
        var needed = Placement.Dtype(train.Dtype, device) switch
        {
            torch.ScalarType.Float32 => count * BytesOfFloat32,
            torch.ScalarType.BFloat16 => count * BytesOfBFloat16,
            _ => stored,
        };
        if (device.type != DeviceType.CPU) return FormattableString.Invariant($"{device}; the weights take {needed:#,0} bytes");
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        return needed <= memory
            ? FormattableString.Invariant($"cpu; the weights take {needed:#,0} of {memory:#,0} bytes")
            : throw new LigerException(FormattableString.Invariant($"cpu: the weights do not fit — expected at most {memory:#,0} bytes, got {needed:#,0}. Use train.dtype=bfloat16, or a machine with more memory."), ExitCode.Environment);
    }
}
