using TorchSharp;
using static TorchSharp.torch;

namespace Liger.Training;

/// <summary>
/// Logistic regression to soft targets a ∈ [0,1]: minimizes Σ_n −a_n log σ(w·x_n) − (1 − a_n) log σ(−w·x_n) + λ/2 ‖w‖² by Newton's method, whose
/// steps conjugate gradients find, so that no matrix of second derivatives is made.
/// </summary>
internal static class LogisticFit
{
    private const int MostSteps = 20, MostInner = 20, MostHalvings = 8;

    /// <summary>Of the loss, and of the gradient's length: what is left undone. Early steps need no exact direction.</summary>
    private const double Near = 1e-5, InnerNear = 0.05;

    /// <param name="x">[N,F], fp32; features of about unit size.</param>
    /// <param name="a">[N], fp32.</param>
    /// <param name="ridge">λ &gt; 0.</param>
    /// <returns>w, [F].</returns>
    internal static Tensor Fit(Tensor x, Tensor a, double ridge)
    {
        using var mode = no_grad();
        using var scope = torch.NewDisposeScope();
        var w = torch.zeros([x.shape[1]], ScalarType.Float32, x.device);
        var loss = Loss(w);
        for (var step = 0; step < MostSteps; step++)
        {
            using var inner = torch.NewDisposeScope();
            var p = x.matmul(w).sigmoid();
            var (gradient, curvature) = (x.t().matmul(p - a) + (w * ridge), p * (1 - p));
            var way = Solve(v => x.t().matmul(curvature * x.matmul(v)) + (v * ridge), -gradient);
            var (size, next) = (1.0, loss);
            for (var halvings = 0; halvings <= MostHalvings; halvings++, size /= 2)
                if ((next = Loss(w + (way * size))) < loss)
                    break;
            if (!(next < loss))
                break;
            var done = loss - next < Near * loss;
            w = (w + (way * size)).MoveToOuterDisposeScope();
            loss = next;
            if (done)
                break;
        }
        return w.MoveToOuterDisposeScope();

        double Loss(Tensor at)
        {
            using var inner = torch.NewDisposeScope();
            var z = x.matmul(at);
            var entropy = z.clamp_min(0) + z.abs().neg().exp().log1p() - (a * z);
            return entropy.sum(ScalarType.Float64).item<double>() + (ridge / 2 * at.square().sum().item<float>());
        }
    }

    /// <summary>v with A v = b, nearly; A is symmetric and positive.</summary>
    private static Tensor Solve(Func<Tensor, Tensor> product, Tensor b)
    {
        using var scope = torch.NewDisposeScope();
        var v = torch.zeros_like(b);
        var (rest, way) = (b.clone(), b.clone());
        var first = rest.square().sum().item<float>();
        var square = first;
        for (var i = 0; i < MostInner && square > InnerNear * InnerNear * first; i++)
        {
            using var inner = torch.NewDisposeScope();
            var turned = product(way);
            var size = square / (way * turned).sum().item<float>();
            v.add_(way * size);
            rest.sub_(turned * size);
            var next = rest.square().sum().item<float>();
            way.mul_(next / square).add_(rest);
            square = next;
        }
        return v.MoveToOuterDisposeScope();
    }
}
