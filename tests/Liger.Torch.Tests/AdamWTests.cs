using Liger.Testing;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Liger.Torch.Tests;

public class AdamWTests
{
    [Fact]
    public void Steps_follow_the_published_formula()
    {
        const double lr = 0.01, beta1 = 0.9, beta2 = 0.95, eps = 1e-8, decay = 0.1;
        using var scope = NewDisposeScope();
        var parameter = new Parameter(tensor([1.0, -2.0, 0.5]));
        using var optimizer = optim.AdamW([parameter], lr, beta1, beta2, eps, decay);
        double[] w = [1.0, -2.0, 0.5], m = new double[3], v = new double[3];
        for (var step = 1; step <= 4; step++)
        {
            optimizer.zero_grad();
            parameter.pow(3).sum().backward();
            optimizer.step();
            for (var i = 0; i < w.Length; i++)
            {
                var g = 3 * w[i] * w[i];
                m[i] = (beta1 * m[i]) + ((1 - beta1) * g);
                v[i] = (beta2 * v[i]) + ((1 - beta2) * g * g);
                var update = m[i] / (1 - Math.Pow(beta1, step)) / (Math.Sqrt(v[i] / (1 - Math.Pow(beta2, step))) + eps);
                w[i] = (w[i] * (1 - (lr * decay))) - (lr * update);
            }
        }
        TensorAssert.Close(parameter, tensor(w));
    }
}
