using static Liger.Torch.Native.NativeMethods;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>A stream of random numbers of its own, independent of the global one.</summary>
    public class Generator : IDisposable
    {
        public Generator(ulong seed = 0, Device? device = null)
        {
            this.device = device ?? CPU;
            Check(lt_generator_create(seed, (int)this.device.type, this.device.index, out var handle));
            Handle = handle;
        }

        ~Generator() => Release();

        public IntPtr Handle { get; private set; }

        public Device device { get; }

        public Generator manual_seed(long seed)
        {
            Check(lt_generator_seed(Handle, unchecked((ulong)seed)));
            return this;
        }

        public Tensor get_state()
        {
            Check(lt_generator_get_state(Handle, out var result));
            return new Tensor(result);
        }

        public void set_state(Tensor value) => Check(lt_generator_set_state(Handle, value.Handle));

        public void Dispose()
        {
            Release();
            GC.SuppressFinalize(this);
        }

        private void Release()
        {
            if (Handle != 0)
                _ = lt_generator_release(Handle);
            Handle = 0;
        }
    }

    /// <summary>Seeds the global generators of every device.</summary>
    public static void manual_seed(long seed) => Check(lt_manual_seed(unchecked((ulong)seed)));
}
