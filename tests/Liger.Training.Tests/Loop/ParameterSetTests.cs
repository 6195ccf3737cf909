using Liger.Testing;
using TorchSharp;
using static TorchSharp.torch;

namespace Liger.Training.Tests.Loop;

public class ParameterSetTests
{
    private static readonly AdamWOptions Options = new() { WeightDecay = 0.1, Epsilon = 1e-6 };

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16)]
    public void One_flat_update_gives_the_bits_of_one_update_a_tensor(ScalarType type)
    {
        using var scope = torch.NewDisposeScope();
        List<Tensor> weights = [.. Start(type)];
        List<Tensor> plain = [.. Start(type).Select(w => w.to(ScalarType.Float32))];
        NamedParameter Named(int i) => new($"w{i}", weights[i]) { Rate = i == 1 ? 3 : 1, WeightDecay = i == 2 ? 0.5 : null };
        using var parameters = new ParameterSet([.. Enumerable.Range(0, weights.Count).Select(Named)], Options);
        double[] decays = [0.1, 0.1, 0.5, 0];
        var optimizers = plain.Select((w, i) => torch.optim.AdamW(
            [torch.nn.Parameter(w)], 0.01 * (i == 1 ? 3 : 1), Options.Beta1, Options.Beta2, Options.Epsilon, decays[i])).ToList();
        using var generator = new Generator(4);
        for (var step = 0; step < 3; step++)
        {
            parameters.ClearGradients();
            for (var i = 0; i < weights.Count; i++)
            {
                var gradient = torch.randn(weights[i].shape, generator: generator);
                weights[i].mul(gradient.to(type)).sum().backward();
                optimizers[i].parameters().Single().grad = gradient.to(type).to(ScalarType.Float32);
            }
            parameters.CollectGradients();
            parameters.Step(0.01);
            optimizers.ForEach(optimizer => optimizer.step());
        }
        foreach (var (weight, optimizer) in weights.Zip(optimizers))
            TensorAssert.Same(weight.detach(), optimizer.parameters().Single().detach().to(type));
    }

    [Fact]
    public void Saved_states_go_by_name_and_are_read_into_other_groups()
    {
        using var folder = new TemporaryFolder();
        using var scope = torch.NewDisposeScope();
        List<Tensor> weights = [.. Start(ScalarType.Float32)], others = [.. Start(ScalarType.Float32)];
        using (var parameters = new ParameterSet([.. weights.Select((w, i) => new NamedParameter($"w{i}", w) { Rate = i % 2 + 1 })], Options))
        {
            parameters.ClearGradients();
            foreach (var weight in weights)
                weight.square().sum().backward();
            parameters.Step(0.01);
            parameters.Save(folder["weights"], folder["moments"]);
        }
        using var read = new ParameterSet([.. others.Select((w, i) => new NamedParameter($"w{i}", w))], Options);
        read.Load(folder["weights"], folder["moments"], 1);
        foreach (var (expected, actual) in weights.Zip(others))
            TensorAssert.Same(actual.detach(), expected.detach());
        read.Save(folder["weights-2"], folder["moments-2"]);
        Assert.Equal(File.ReadAllBytes(folder["moments"]).Order(), File.ReadAllBytes(folder["moments-2"]).Order());
    }

    private static IEnumerable<Tensor> Start(ScalarType type)
    {
        using var generator = new Generator(3);
        foreach (var shape in (long[][])[[5, 7], [3, 2], [4, 4], [9]])
            yield return torch.randn(shape, generator: generator).to(type).requires_grad_();
    }
}
