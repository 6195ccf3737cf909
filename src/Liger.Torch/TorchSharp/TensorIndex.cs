using Liger.Torch.Native;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>One part of an index expression: a number, a range, an ellipsis, a new axis or a tensor of positions.</summary>
    public struct TensorIndex
    {
        private long? single;
        private (long? Start, long? Stop, long? Step)? range;
        private bool newAxis;
        private Tensor? positions;

        public static TensorIndex Ellipsis => new() { IsEllipsis = true };
        public static TensorIndex None => Null;
        public static TensorIndex Null => new() { newAxis = true };
        public static TensorIndex Colon => Slice();

        private bool IsEllipsis { get; set; }

        public static TensorIndex Slice(long? start = null, long? stop = null, long? step = null) => new() { range = (start, stop, step) };
        public static TensorIndex Single(long? index) => new() { single = index };
        public static TensorIndex Tensor(Tensor tensor) => new() { positions = tensor };

        public static implicit operator TensorIndex(long value) => Single(value);
        public static implicit operator TensorIndex(int value) => Single(value);
        public static implicit operator TensorIndex(Tensor value) => Tensor(value);
        public static implicit operator TensorIndex(System.Range range) => Slice(
            range.Start.IsFromEnd ? -range.Start.Value : range.Start.Value,
            range.End.IsFromEnd ? range.End.Value == 0 ? null : -range.End.Value : range.End.Value);

        internal static Tensor Select(Tensor tensor, ReadOnlySpan<TensorIndex> indices)
        {
            var consumed = 0;
            foreach (var index in indices)
                consumed += index.newAxis || index.IsEllipsis ? 0 : 1;
            var current = tensor.alias();
            var dim = 0;
            foreach (var index in indices)
            {
                var before = current;
                current = index.Apply(current, ref dim, (int)tensor.Dimensions - consumed);
                if (!ReferenceEquals(before, current))
                    before.Dispose();
            }
            return current;
        }

        private readonly Tensor Apply(Tensor tensor, ref int dim, int skipped)
        {
            if (IsEllipsis)
            {
                dim += skipped;
                return tensor;
            }
            if (newAxis)
                return tensor.unsqueeze(dim++);
            if (single is { } at)
                return tensor.select(dim, at);
            if (positions is not null)
            {
                var list = new Tensor?[dim + 1];
                list[dim] = positions;
                dim += (int)positions.Dimensions;
                return Operators.index.Call(tensor, Value.List(list, optional: true));
            }
            var (start, stop, step) = range ?? default;
            return Operators.slice.Call(tensor, (long)dim++, start, stop, step ?? 1);
        }
    }

    public partial class Tensor
    {
        public Tensor this[params TensorIndex[] indices]
        {
            get => TensorIndex.Select(this, indices);
            set
            {
                using var view = TensorIndex.Select(this, indices);
                view.copy_(value);
            }
        }
    }
}
