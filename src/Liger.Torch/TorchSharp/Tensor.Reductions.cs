using Liger.Torch.Native;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor sum(ScalarType? type = null) => Operators.sum.Call(this, type);
        public Tensor sum(long[] dim, bool keepdim = false, ScalarType? type = null) => Operators.sum_dim.Call(this, dim, keepdim, type);
        public Tensor sum(long dim, bool keepdim = false, ScalarType? type = null) => sum([dim], keepdim, type);
        public Tensor mean() => Operators.mean.Call(this);
        public Tensor mean(long[] dimensions, bool keepdim = false, ScalarType? type = null) => Operators.mean_dim.Call(this, dimensions, keepdim, type);
        public Tensor prod(ScalarType? type = null) => Operators.prod.Call(this, type);
        public Tensor std(bool unbiased = true) => Operators.std_all.Call(this, unbiased);
        public Tensor max() => Operators.max.Call(this);
        public (Tensor values, Tensor indexes) max(long dim, bool keepdim = false) => Operators.max_dim.CallPair(this, dim, keepdim);
        public Tensor min() => Operators.min.Call(this);
        public (Tensor values, Tensor indexes) min(long dim, bool keepdim = false) => Operators.min_dim.CallPair(this, dim, keepdim);
        public Tensor amax(params long[] dims) => Operators.amax.Call(this, dims);
        public Tensor amax(long[] dims, bool keepdim) => Operators.amax.Call(this, dims, keepdim);
        public Tensor amin(params long[] dims) => Operators.amin.Call(this, dims);
        public Tensor amin(long[] dims, bool keepdim) => Operators.amin.Call(this, dims, keepdim);
        public Tensor argmax() => Operators.argmax.Call(this);
        public Tensor argmax(long dim, bool keepdim = false) => Operators.argmax.Call(this, dim, keepdim);
        public Tensor argmin(long dim, bool keepdim = false) => Operators.argmin.Call(this, dim, keepdim);
        public (Tensor values, Tensor indexes) topk(int k, int dim = -1, bool largest = true, bool sorted = true) =>
            Operators.topk.CallPair(this, k, dim, largest, sorted);
        public (Tensor Values, Tensor Indices) sort(long dim = -1, bool descending = false, bool stable = false) =>
            Operators.sort.CallPair(this, stable, dim, descending);
        public Tensor argsort(long dim = -1, bool descending = false) => Operators.argsort.Call(this, dim, descending);
        public Tensor all() => Operators.all.Call(this);
        public Tensor all(long dim, bool keepdim = false) => Operators.all_dim.Call(this, dim, keepdim);
        public Tensor any() => Operators.any.Call(this);
        public Tensor any(long dim, bool keepdim = false) => Operators.any_dim.Call(this, dim, keepdim);
        public Tensor norm(float p = 2.0f) => Operators.norm.Call(this, p);
        public Tensor norm(int dim, bool keepdim = false, float p = 2.0f) => Operators.norm_dim.Call(this, p, new long[] { dim }, keepdim);
        public Tensor cumsum(long dim, ScalarType? type = null) => Operators.cumsum.Call(this, dim, type);
        public Tensor softmax(long dim, ScalarType? dtype = null) => Operators.softmax.Call(this, dim, dtype);
        public Tensor log_softmax(long dim, ScalarType? dtype = null) => Operators.log_softmax.Call(this, dim, dtype);
        public Tensor logsumexp(long dim, bool keepdim = false) => Operators.logsumexp.Call(this, new[] { dim }, keepdim);
        public Tensor bincount(Tensor? weights = null, long minlength = 0) => Operators.bincount.Call(this, weights, minlength);
        public Tensor multinomial(long num_samples, bool replacement = false, Generator? generator = null) =>
            Operators.multinomial.Call(this, num_samples, replacement, generator);

        public Tensor matmul(Tensor target) => Operators.matmul.Call(this, target);
        public Tensor mm(Tensor target) => Operators.mm.Call(this, target);
        public Tensor bmm(Tensor batch2) => Operators.bmm.Call(this, batch2);
        public Tensor mv(Tensor target) => Operators.mv.Call(this, target);
        public Tensor dot(Tensor target) => Operators.dot.Call(this, target);
        public Tensor addmm(Tensor mat1, Tensor mat2, float beta = 1, float alpha = 1) => Operators.addmm.Call(this, mat1, mat2, beta, alpha);
        public Tensor addmm_(Tensor mat1, Tensor mat2, float beta = 1, float alpha = 1) => Operators.addmm_.InPlace(this, mat1, mat2, beta, alpha);
        public Tensor baddbmm(Tensor batch1, Tensor batch2, float beta = 1, float alpha = 1) => Operators.baddbmm.Call(this, batch1, batch2, beta, alpha);
        public Tensor outer(Tensor vec2) => Operators.outer.Call(this, vec2);
    }
}
