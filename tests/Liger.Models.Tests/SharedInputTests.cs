using Liger.Models.Graph;
using Liger.Testing;

namespace Liger.Models.Tests;

/// <summary>Maps of one input against the same maps one by one, in float64.</summary>
public class SharedInputTests : PlacedTests
{
    private const int C = 24, Rank = 3;
    private const double Scale = 2, Kept = 0.75;

    /// <summary>Each letter is a map: f frozen alone, b with a bias, l with an addition of low rank, m with a mask before it.</summary>
    [Theory]
    [InlineData("l", true)]
    [InlineData("m", true)]
    [InlineData("ff", true)]
    [InlineData("lll", true)]
    [InlineData("lll", false)]
    [InlineData("lfb", true)]
    [InlineData("mlf", true)]
    public void Outputs_and_gradients_are_those_of_the_maps_one_by_one(string maps, bool ofInput)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        Tensor Random(params long[] shape) => randn(shape, float64, generator: generator).to(On.Dtype).to(On.Device);
        var x = Random(2, 5, C).requires_grad_(ofInput);
        var (made, wide, leaves, grads) = (new List<LowRankMap>(), new List<Tensor>(), new List<Tensor>(), new List<Tensor>());
        List<Tensor> wideLeaves = [];
        Tensor Leaf(Tensor tensor)
        {
            leaves.Add(tensor.requires_grad_());
            wideLeaves.Add(tensor.detach().to(float64).requires_grad_());
            return wideLeaves[^1];
        }
        var wideX = ofInput ? Leaf(x) : x.to(float64);
        foreach (var (kind, number) in maps.Select((kind, i) => (kind, i)))
        {
            long rows = 8 + (8 * number);
            var (weight, bias) = (Random(rows, C), kind == 'b' ? Random(rows) : null);
            var y = nn.functional.linear(wideX, weight.to(float64), bias?.to(float64));
            if (kind is 'l' or 'm')
            {
                var (a, b) = (Random(Rank, C).to(float32), Random(rows, Rank).to(float32));
                var mask = kind == 'm' ? Random(10, C).gt(0).to(float32) / Kept : null;
                var masked = mask is null ? wideX : wideX * mask.view(2, 5, C).to(float64);
                y += Scale * masked.matmul(Leaf(a).t()).matmul(Leaf(b).t());
                made.Add(new LowRankMap(new Linear(weight, bias), a, b, Scale, mask));
            }
            else
            {
                made.Add(new LowRankMap(new Linear(weight, bias)));
            }
            wide.Add(y);
            grads.Add(Random(2, 5, rows));
        }

        var outputs = SharedInput.Forward(x, made);
        foreach (var (output, expected) in outputs.Zip(wide))
            On.Close(output.detach(), expected.detach().to(On.Dtype), name: "output");
        var wanted = autograd.grad(wide, wideLeaves, [.. grads.Select(g => g.to(float64))]);
        foreach (var (got, expected, leaf) in autograd.grad([.. outputs], leaves, grads).Zip(wanted, leaves))
            On.Close(got.to(On.Dtype), expected.to(On.Dtype), name: $"gradient of [{string.Join(", ", leaf.shape)}]");
        foreach (var map in made)
            map.Base.Dispose();
    }
}
