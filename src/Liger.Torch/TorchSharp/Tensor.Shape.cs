using Liger.Torch.Native;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor mT => transpose(-2, -1);
        public Tensor transpose(long dim0, long dim1) => Operators.transpose.Call(this, dim0, dim1);
        public Tensor t() => Operators.t.Call(this);
        public Tensor permute(params long[] permutation) => Operators.permute.Call(this, permutation);
        public Tensor reshape(params long[] shape) => Operators.reshape.Call(this, shape);
        public Tensor view(params long[] shape) => Operators.view.Call(this, shape);
        public Tensor view(ScalarType dtype) => Operators.view_dtype.Call(this, dtype);
        public Tensor view_as(Tensor other) => view(other.shape);
        public Tensor expand(params long[] sizes) => Operators.expand.Call(this, sizes);
        public Tensor expand_as(Tensor other) => expand(other.shape);
        public Tensor unsqueeze(long dim) => Operators.unsqueeze.Call(this, dim);
        public Tensor squeeze(long? dim = null) => dim is { } d ? Operators.squeeze_dim.Call(this, d) : Operators.squeeze.Call(this);
        public Tensor flatten(long start_dim = 0, long end_dim = -1) => Operators.flatten.Call(this, start_dim, end_dim);
        public Tensor unflatten(long dim, params long[] sizes) => Operators.unflatten.Call(this, dim, sizes);
        public Tensor repeat(params long[] sizes) => Operators.repeat.Call(this, sizes);
        public Tensor repeat_interleave(long repeats, long? dim = null, long? output_size = null) =>
            Operators.repeat_interleave.Call(this, repeats, dim, output_size);
        public Tensor narrow(long dim, long start, long length) => Operators.narrow.Call(this, dim, start, length);
        public Tensor slice(long dim, long start, long finish, long step) => Operators.slice.Call(this, dim, start, finish, step);
        public Tensor select(long dim, long index) => Operators.select.Call(this, dim, index);
        public Tensor unfold(long dimension, long size, long step) => Operators.unfold.Call(this, dimension, size, step);
        public Tensor as_strided(long[] size, long[] strides, long storageOffset = 0L) => Operators.as_strided.Call(this, size, strides, storageOffset);
        public Tensor[] split(long size, int dim = 0) => Operators.split.CallList((this.size(dim) + size - 1) / size, this, size, (long)dim);
        public Tensor[] split(long[] sizes, long dim = 0) => Operators.split_sizes.CallList(sizes.Length, this, sizes, dim);
        public Tensor[] chunk(long chunks, long dim = 0L) => Operators.chunk.CallList(chunks, this, chunks, dim);
        public Tensor[] unbind(long dimension = 0L) => Operators.unbind.CallList(size((int)dimension), this, dimension);
        public Tensor flip(params long[] dims) => Operators.flip.Call(this, dims);
        public Tensor roll(long shifts, long dims) => Operators.roll.Call(this, new[] { shifts }, new[] { dims });
        public Tensor tril(long diagonal = 0) => Operators.tril.Call(this, diagonal);
        public Tensor triu(long diagonal = 0) => Operators.triu.Call(this, diagonal);
        public Tensor diagonal(long offset = 0L, long dim1 = 0L, long dim2 = 1L) => Operators.diagonal.Call(this, offset, dim1, dim2);
        public Tensor contiguous() => Operators.contiguous.Call(this);
        public Tensor clone() => Operators.clone.Call(this);
        public Tensor detach() => Operators.detach.Call(this);
        public Tensor detach_() => Operators.detach_.InPlace(this);

        public Tensor index_select(long dim, Tensor index) => Operators.index_select.Call(this, dim, index);
        public Tensor index_add(long dim, Tensor index, Tensor source, Scalar alpha) => Operators.index_add.Call(this, dim, index, source, alpha);
        public Tensor index_add_(long dim, Tensor index, Tensor source, Scalar alpha) => Operators.index_add_.InPlace(this, dim, index, source, alpha);
        public Tensor index_copy_(long dim, Tensor index, Tensor source) => Operators.index_copy_.InPlace(this, dim, index, source);
        public Tensor gather(long dim, Tensor index) => Operators.gather.Call(this, dim, index);
        public Tensor scatter(long dim, Tensor index, Tensor src) => Operators.scatter.Call(this, dim, index, src);
        public Tensor scatter_(long dim, Tensor index, Tensor src) => Operators.scatter_.InPlace(this, dim, index, src);
        public Tensor scatter_(long dim, Tensor index, Scalar value) => Operators.scatter_value_.InPlace(this, dim, index, value);
        public Tensor scatter_add_(long dim, Tensor index, Tensor src) => Operators.scatter_add_.InPlace(this, dim, index, src);
        public Tensor masked_select(Tensor mask) => Operators.masked_select.Call(this, mask);
        public Tensor nonzero() => Operators.nonzero.Call(this);

        /// <summary>Makes this tensor another's memory, sizes and strides.</summary>
        public Tensor set_(Tensor source) => Operators.set_.InPlace(this, source);
        public Tensor copy_(Tensor source, bool nonBlocking = false) => Operators.copy_.InPlace(this, source, nonBlocking);
        public Tensor fill_(Scalar value) => Operators.fill_.InPlace(this, value);
        public Tensor zero_() => Operators.zero_.InPlace(this);

        public Tensor to(ScalarType type, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            After(disposeAfter, Operators.to_dtype.Call(this, type, non_blocking, copy));
        public Tensor to(Device device, bool copy = false, bool disposeAfter = false, bool non_blocking = false) => to(dtype, device, copy, disposeAfter, non_blocking);
        public Tensor to(ScalarType type, Device device, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            After(disposeAfter, Operators.to_device.Call(this, device, type, non_blocking, copy));
        public Tensor to(Tensor other, bool non_blocking = false) => to(other.dtype, other.device, non_blocking: non_blocking);
        public Tensor to_type(ScalarType type, bool copy = false, bool disposeAfter = false, bool non_blocking = false) => to(type, copy, disposeAfter, non_blocking);
        public Tensor type_as(Tensor tensor) => to(tensor.dtype);
        public Tensor cpu() => to(CPU);
        public Tensor cuda(Device? device = null, bool non_blocking = false) => to(device ?? CUDA, non_blocking: non_blocking);

        private Tensor After(bool disposeThis, Tensor result)
        {
            if (disposeThis)
                Dispose();
            return result;
        }
    }
}
