using static Liger.Torch.Native.NativeMethods;

namespace TorchSharp;

public static partial class torch
{
    public static unsafe string __version__ => Text(lt_torch_version());

    public static void set_num_threads(int num) => Check(lt_set_num_threads(num));

    public static int get_num_threads()
    {
        Check(lt_get_num_threads(out var threads));
        return threads;
    }

    public static IDisposable no_grad() => new AutoGradMode(false);

    public static IDisposable enable_grad(bool enabled = true) => new AutoGradMode(enabled);

    public static bool is_grad_enabled() => AutoGradMode.IsEnabled;

    public static partial class cuda
    {
        public static bool is_available()
        {
            Check(lt_cuda_available(out var available));
            return available != 0;
        }

        public static int device_count()
        {
            Check(lt_cuda_count(out var count));
            return count;
        }

        public static void synchronize(Device? device = null) => Check(lt_cuda_synchronize(device?.index ?? -1));
    }
}

/// <summary>Switches gradient recording on or off on this thread until disposed.</summary>
internal sealed class AutoGradMode : IDisposable
{
    private readonly bool before = IsEnabled;

    internal AutoGradMode(bool enabled) => Check(lt_set_grad_mode(enabled ? 1 : 0));

    internal static bool IsEnabled
    {
        get
        {
            Check(lt_grad_mode(out var enabled));
            return enabled != 0;
        }
    }

    public void Dispose() => Check(lt_set_grad_mode(before ? 1 : 0));
}
