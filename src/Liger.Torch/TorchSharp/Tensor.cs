using Liger.Torch.Native;
using static Liger.Torch.Native.NativeMethods;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>An n-dimensional array of libtorch. Belongs to the dispose scope that it was created in.</summary>
    public partial class Tensor : IDisposable
    {
        private readonly TensorHandle handle;
        private DisposeScope? owner;

        internal Tensor(nint pointer)
        {
            handle = new TensorHandle(pointer);
            owner = DisposeScope.Current;
            owner?.Add(this);
        }

        /// <summary>Tensors alive in the process: what a leak makes grow.</summary>
        public static long TotalCount => TensorHandle.Alive;

        /// <summary>The most tensors that were alive at one time.</summary>
        public static long PeakCount => TensorHandle.Peak;

        public IntPtr Handle => handle.Pointer;

        public bool IsInvalid => handle.IsClosed || handle.IsInvalid;

        public long Dimensions
        {
            get
            {
                Check(lt_tensor_dim(Handle, out var dim));
                return dim;
            }
        }

        public long ndim => Dimensions;

        public long NumberOfElements => Info().Numel;

        public long ElementSize => Info().ElementSize;

        public ScalarType dtype => Info().Dtype;

        public Device device => Info().Device;

        public DeviceType device_type => Info().Device.type;

        public bool is_cuda => device_type == DeviceType.CUDA;

        public bool is_leaf => (Info().Flags & 2) != 0;

        /// <summary>Sizes, outermost first.</summary>
        public unsafe long[] shape
        {
            get
            {
                var sizes = new long[Dimensions];
                fixed (long* pointer = sizes)
                    Check(lt_tensor_shape(Handle, pointer, null));
                return sizes;
            }
        }

        public bool requires_grad
        {
            get => (Info().Flags & 1) != 0;
            set => Check(lt_tensor_requires_grad(Handle, value ? 1 : 0));
        }

        public Tensor? grad
        {
            get
            {
                Check(lt_tensor_grad(Handle, out var result));
                return result == 0 ? null : new Tensor(result);
            }
            set => Check(lt_tensor_set_grad(Handle, value?.Handle ?? 0));
        }

        /// <summary>The elements of a contiguous CPU tensor of less than 2 GiB as raw bytes, in place.</summary>
        public unsafe Span<byte> bytes
        {
            get => new((void*)Contents(out var length), length);
            set
            {
                var target = new Span<byte>((void*)Contents(out var length), length);
                if (value.Length != length)
                    throw new ArgumentException($"bytes: expected {length} bytes, got {value.Length}.", nameof(value));
                value.CopyTo(target);
            }
        }

        /// <summary>The scope that will dispose this tensor.</summary>
        internal DisposeScope? Owner
        {
            get => owner;
            set
            {
                owner?.Remove(this);
                owner = value;
                owner?.Add(this);
            }
        }

        public long dim() => Dimensions;

        public long numel() => NumberOfElements;

        public long element_size() => ElementSize;

        public long size(int dim) => shape[dim < 0 ? dim + (int)Dimensions : dim];

        public unsafe long[] stride()
        {
            var strides = new long[Dimensions];
            fixed (long* pointer = strides)
                Check(lt_tensor_shape(Handle, null, pointer));
            return strides;
        }

        public bool is_contiguous() => (Info().Flags & 4) != 0;

        public bool is_floating_point() => torch.is_floating_point(dtype);

        public bool is_integral() => torch.is_integral(dtype);

        public Tensor requires_grad_(bool requires_grad = true)
        {
            this.requires_grad = requires_grad;
            return this;
        }

        public void retain_grad() => Check(lt_tensor_retain_grad(Handle));

        public Tensor alias()
        {
            Check(lt_tensor_alias(Handle, out var result));
            return new Tensor(result);
        }

        /// <summary>Hands the tensor to the scope around its own, or to nobody where there is none.</summary>
        public Tensor MoveToOuterDisposeScope()
        {
            owner?.MoveToOuter(this);
            return this;
        }

        /// <summary>Takes the tensor out of every scope; its holder disposes it.</summary>
        public Tensor DetachFromDisposeScope()
        {
            Owner = null;
            return this;
        }

        public void backward() => autograd.backward([this]);

        /// <summary>A typed view of the elements of a CPU tensor.</summary>
        public Utils.TensorAccessor<T> data<T>()
            where T : unmanaged => new(this);

        /// <summary>The value of a tensor of one element, converted from its type to <typeparamref name="T"/>.</summary>
        public T item<T>()
            where T : unmanaged
        {
            var value = Operators.local_scalar.CallValue(this);
            object number = value.Kind switch
            {
                ValueKind.Int => value.Integer,
                ValueKind.Bool => value.Integer != 0,
                _ => value.Real,
            };
            return (T)Convert.ChangeType(number, typeof(T), System.Globalization.CultureInfo.InvariantCulture);
        }

        public void Dispose()
        {
            if (handle.IsClosed)
                return;
            owner?.Remove(this);
            owner = null;
            handle.Dispose();
            GC.SuppressFinalize(this);
        }

        public override string ToString() => IsInvalid ? "Tensor (disposed)" : $"[{string.Join("x", shape)}], type = {dtype}, device = {device}";

        /// <summary>Takes the native reference out of a leaf; used where a class derives from Tensor.</summary>
        private protected static nint Taken(Tensor leaf, bool requires_grad)
        {
            leaf.requires_grad = requires_grad;
            leaf.Owner = null;
            return leaf.handle.Decouple();
        }

        internal nint DataPointer()
        {
            Check(lt_tensor_data(Handle, out var pointer));
            return pointer;
        }

        private nint Contents(out int length)
        {
            var info = Info();
            var total = info.Numel * info.ElementSize;
            if ((info.Flags & 4) == 0)
                throw new InvalidOperationException("bytes: the tensor is not contiguous. Call contiguous() first.");
            if (info.Device.type != DeviceType.CPU)
                throw new InvalidOperationException("bytes: the tensor does not lie in the memory of the CPU. Move it there with cpu().");
            if (total > int.MaxValue)
                throw new ArgumentException($"bytes: expected less than 2 GiB, got {total} bytes. Use narrow() to read it in parts.");
            length = (int)total;
            return total == 0 ? 0 : DataPointer();
        }

        private TensorInfo Info()
        {
            Check(lt_tensor_info(Handle, out var numel, out var elementSize, out var type, out var deviceType, out var deviceIndex, out var flags));
            return new TensorInfo(numel, elementSize, (ScalarType)type, new Device((DeviceType)deviceType, deviceIndex), flags);
        }

        private readonly record struct TensorInfo(long Numel, long ElementSize, ScalarType Dtype, Device Device, int Flags);
    }
}

public static class TensorExtensionMethods
{
    public static float ToSingle(this torch.Tensor value) => value.item<float>();
    public static double ToDouble(this torch.Tensor value) => value.item<double>();
    public static long ToInt64(this torch.Tensor value) => value.item<long>();
    public static int ToInt32(this torch.Tensor value) => value.item<int>();
    public static bool ToBoolean(this torch.Tensor value) => value.item<bool>();
}
