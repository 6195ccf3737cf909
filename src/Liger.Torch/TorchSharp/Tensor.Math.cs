using Liger.Torch.Native;

namespace TorchSharp;

public enum RoundingMode
{
    None,
    trunc,
    floor,
}

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor add(Tensor target) => Operators.add.Call(this, target);
        public Tensor add(Tensor target, Scalar alpha) => Operators.add.Call(this, target, alpha);
        public Tensor add(Scalar scalar) => Operators.add_scalar.Call(this, scalar);
        public Tensor add_(Tensor target) => Operators.add_.InPlace(this, target);
        public Tensor add_(Tensor target, Scalar alpha) => Operators.add_.InPlace(this, target, alpha);
        public Tensor add_(Scalar scalar) => Operators.add_scalar_.InPlace(this, scalar);
        public Tensor sub(Tensor target) => Operators.sub.Call(this, target);
        public Tensor sub(Scalar target) => Operators.sub_scalar.Call(this, target);
        public Tensor sub_(Tensor target) => Operators.sub_.InPlace(this, target);
        public Tensor sub_(Scalar target) => Operators.sub_scalar_.InPlace(this, target);
        public Tensor mul(Tensor target) => Operators.mul.Call(this, target);
        public Tensor mul(Scalar target) => Operators.mul_scalar.Call(this, target);
        public Tensor mul_(Tensor target) => Operators.mul_.InPlace(this, target);
        public Tensor mul_(Scalar target) => Operators.mul_scalar_.InPlace(this, target);
        public Tensor div(Tensor target, RoundingMode rounding_mode = RoundingMode.None) =>
            rounding_mode == RoundingMode.None ? Operators.div.Call(this, target) : Operators.div_mode.Call(this, target, rounding_mode.ToString());
        public Tensor div(Scalar target, RoundingMode rounding_mode = RoundingMode.None) =>
            rounding_mode == RoundingMode.None ? Operators.div_scalar.Call(this, target) : Operators.div_scalar_mode.Call(this, target, rounding_mode.ToString());
        public Tensor div_(Tensor target) => Operators.div_.InPlace(this, target);
        public Tensor div_(Scalar target) => Operators.div_scalar_.InPlace(this, target);
        public Tensor remainder(Tensor other) => Operators.remainder.Call(this, other);
        public Tensor remainder(Scalar other) => Operators.remainder_scalar.Call(this, other);
        public Tensor pow(Tensor exponent) => Operators.pow.Call(this, exponent);
        public Tensor pow(Scalar exponent) => Operators.pow_scalar.Call(this, exponent);
        public Tensor addcmul(Tensor tensor1, Tensor tensor2, Scalar value) => Operators.addcmul.Call(this, tensor1, tensor2, value);
        public Tensor addcmul_(Tensor tensor1, Tensor tensor2, Scalar value) => Operators.addcmul_.InPlace(this, tensor1, tensor2, value);
        public Tensor addcdiv_(Tensor tensor1, Tensor tensor2, Scalar value) => Operators.addcdiv_.InPlace(this, tensor1, tensor2, value);
        public Tensor lerp_(Tensor end, Tensor weight) => Operators.lerp_tensor_.InPlace(this, end, weight);

        public Tensor neg() => Operators.neg.Call(this);
        public Tensor neg_() => Operators.neg_.InPlace(this);
        public Tensor negative() => Operators.neg.Call(this);
        public Tensor exp() => Operators.exp.Call(this);
        public Tensor exp_() => Operators.exp_.InPlace(this);
        public Tensor log() => Operators.log.Call(this);
        public Tensor log_() => Operators.log_.InPlace(this);
        public Tensor log1p() => Operators.log1p.Call(this);
        public Tensor expm1() => Operators.expm1.Call(this);
        public Tensor abs() => Operators.abs.Call(this);
        public Tensor sign() => Operators.sign.Call(this);
        public Tensor square() => Operators.square.Call(this);
        public Tensor sqrt() => Operators.sqrt.Call(this);
        public Tensor sqrt_() => Operators.sqrt_.InPlace(this);
        public Tensor rsqrt() => Operators.rsqrt.Call(this);
        public Tensor rsqrt_() => Operators.rsqrt_.InPlace(this);
        public Tensor reciprocal() => Operators.reciprocal.Call(this);
        public Tensor reciprocal_() => Operators.reciprocal_.InPlace(this);
        public Tensor sin() => Operators.sin.Call(this);
        public Tensor cos() => Operators.cos.Call(this);
        public Tensor tanh() => Operators.tanh.Call(this);
        public Tensor floor() => Operators.floor.Call(this);
        public Tensor ceil() => Operators.ceil.Call(this);
        public Tensor round() => Operators.round.Call(this);
        public Tensor sigmoid() => Operators.sigmoid.Call(this);
        public Tensor sigmoid_() => Operators.sigmoid_.InPlace(this);
        public Tensor softplus(double beta = 1, double threshold = 20) => Operators.softplus.Call(this, beta, threshold);
        public Tensor silu() => Operators.silu.Call(this);
        public Tensor silu_() => Operators.silu_.InPlace(this);
        public Tensor relu() => Operators.relu.Call(this);
        public Tensor relu_() => Operators.relu_.InPlace(this);
        public Tensor clamp(Scalar? min = null, Scalar? max = null) => Operators.clamp.Call(this, min, max);
        public Tensor clamp(Tensor? min = null, Tensor? max = null) => Operators.clamp_tensor.Call(this, min, max);
        public Tensor clamp_(Scalar? min = null, Scalar? max = null) => Operators.clamp_.InPlace(this, min, max);
        public Tensor clamp_min(Scalar min) => Operators.clamp_min.Call(this, min);
        public Tensor clamp_max(Scalar max) => Operators.clamp_max.Call(this, max);
        public Tensor maximum(Tensor other) => Operators.maximum.Call(this, other);
        public Tensor minimum(Tensor other) => Operators.minimum.Call(this, other);
        public Tensor isfinite() => Operators.isfinite.Call(this);
        public Tensor isnan() => Operators.isnan.Call(this);
        public Tensor isinf() => Operators.isinf.Call(this);
        public Tensor masked_fill(Tensor mask, Scalar value) => Operators.masked_fill.Call(this, mask, value);
        public Tensor masked_fill_(Tensor mask, Scalar value) => Operators.masked_fill_.InPlace(this, mask, value);
        public Tensor where(Tensor condition, Tensor y) => Operators.where.Call(condition, this, y);

        public Tensor eq(Tensor target) => Operators.eq.Call(this, target);
        public Tensor eq(Scalar target) => Operators.eq_scalar.Call(this, target);
        public Tensor ne(Tensor target) => Operators.ne.Call(this, target);
        public Tensor ne(Scalar target) => Operators.ne_scalar.Call(this, target);
        public Tensor lt(Tensor target) => Operators.lt.Call(this, target);
        public Tensor lt(Scalar target) => Operators.lt_scalar.Call(this, target);
        public Tensor le(Tensor target) => Operators.le.Call(this, target);
        public Tensor le(Scalar target) => Operators.le_scalar.Call(this, target);
        public Tensor gt(Tensor target) => Operators.gt.Call(this, target);
        public Tensor gt(Scalar target) => Operators.gt_scalar.Call(this, target);
        public Tensor ge(Tensor target) => Operators.ge.Call(this, target);
        public Tensor ge(Scalar target) => Operators.ge_scalar.Call(this, target);
        public Tensor logical_and(Tensor other) => Operators.logical_and.Call(this, other);
        public Tensor logical_or(Tensor other) => Operators.logical_or.Call(this, other);
        public Tensor logical_not() => Operators.logical_not.Call(this);
        public Tensor bitwise_and(Tensor other) => Operators.bitwise_and.Call(this, other);
        public Tensor bitwise_or(Tensor other) => Operators.bitwise_or.Call(this, other);
        public Tensor bitwise_xor(Tensor other) => Operators.bitwise_xor.Call(this, other);
        public Tensor bitwise_not() => Operators.bitwise_not.Call(this);
        public bool equal(Tensor target) => Operators.equal.CallValue(this, target).Integer != 0;
        public bool allclose(Tensor target, double rtol = 1e-05, double atol = 1e-08, bool equal_nan = false) =>
            Operators.allclose.CallValue(this, target, rtol, atol, equal_nan).Integer != 0;

        public Tensor bernoulli_(double p = 0.5, Generator? generator = null) => Operators.bernoulli_.InPlace(this, p, generator);
        public Tensor uniform_(double from, double to, Generator? generator = null) => Operators.uniform_.InPlace(this, from, to, generator);
        public Tensor normal_(double mean = 0.0, double stddev = 1.0, Generator? generator = null) => Operators.normal_.InPlace(this, mean, stddev, generator);
    }
}
