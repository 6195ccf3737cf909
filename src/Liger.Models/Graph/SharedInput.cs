namespace Liger.Models.Graph;

/// <summary>
/// What several maps (<see cref="LowRankMap"/>) make of one input, with a hand-written gradient. Of the input x [.., C] only the original is kept for
/// the backward pass; low-rank products of all maps that mask nothing are one, and what the maps give to the gradient of x is added up in place.
/// On a CPU the low-rank products are exact fp32 whatever the type of x, as PEFT computes them; on a GPU they are computed in the type of
/// x with sums in fp32, as PEFT computes them under autocast.
/// <para>With h = (x∘m)Aᵀ and gy the gradient of y: gh = s·gy·B, gB = s·gyᵀh, gA = ghᵀ(x∘m), gx = Σ gy·W + (gh·A)∘m.</para>
/// </summary>
public static class SharedInput
{
    /// <param name="x">[.., C].</param>
    /// <param name="maps">At least one.</param>
    /// <returns>[.., O] for each map.</returns>
    public static IReadOnlyList<Tensor> Forward(Tensor x, params IReadOnlyList<LowRankMap> maps)
    {
        var low = maps.Where(map => map.A is not null).ToList();
        return Function.apply([x, maps, .. low.Select(map => (object)map.A!), .. low.Select(map => (object)map.B!)]);
    }

    private sealed class Function : autograd.MultiTensorFunction<Function>
    {
        private const string Maps = "maps", OfInput = "input", Shape = "shape";

        public override string Name => nameof(SharedInput);

        /// <param name="ctx">Filled for the backward pass.</param>
        /// <param name="vars">x, the maps, and the A and then the B of those that have them.</param>
        public override List<Tensor> forward(autograd.AutogradContext ctx, params object[] vars)
        {
            using var scope = NewDisposeScope();
            var (x, maps) = ((Tensor)vars[0], (IReadOnlyList<LowRankMap>)vars[1]);
            var type = Product(x);
            var low = maps.Where(map => map.A is not null).ToList();
            var shared = Shared(low);
            List<Tensor> h = low.Count == 0 ? []
                : shared ? [.. Rows(x).to(type).mm(All(low, type).t()).split(Ranks(low), 1)]
                : [.. low.Select(map => Input(x, map, type).mm(map.A!.to(type).t()))];
            // Frozen maps alone need nothing of x.
            ctx.save_for_backward([low.Count == 0 ? null! : x, .. vars[2..].Select(v => (Tensor)v), .. h, .. low.Select(map => map.Mask!)]);
            ctx.save_data(Maps, maps);
            ctx.save_data(OfInput, x.requires_grad);
            ctx.save_data(Shape, x.shape);
            var outputs = new List<Tensor>();
            var next = 0;
            foreach (var map in maps)
            {
                var y = map.Base.forward(x);
                if (map.A is not null)
                    y = Rows(y).to(type).addmm_(h[next++], map.B!.to(type).t(), alpha: (float)map.Scale).to(y.dtype).view(y.shape);
                outputs.Add(y.MoveToOuterDisposeScope());
            }
            foreach (var part in h)
                part.MoveToOuterDisposeScope();
            return outputs;
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, List<Tensor> grad_outputs)
        {
            using var scope = NewDisposeScope();
            var maps = (IReadOnlyList<LowRankMap>)ctx.get_data(Maps);
            var saved = ctx.get_saved_variables();
            var x = saved[0];
            var shape = (long[])ctx.get_data(Shape);
            var count = maps.Count(map => map.A is not null);
            Tensor Saved(int group, int i) => saved[1 + (group * count) + i];
            // The tensors as they were kept, not those that the maps may have by now.
            List<LowRankMap> low = [.. maps.Where(map => map.A is not null).Select((map, i) => map with { A = Saved(0, i), B = Saved(1, i), Mask = Saved(3, i) })];
            var grads = grad_outputs.Zip(maps).Where(p => p.Second.A is not null).Select(p => Rows(p.First)).ToList();
            var type = Product(grad_outputs[0]);

            var (gh, ga, gb) = (new List<Tensor>(), new List<Tensor>(), new List<Tensor>());
            for (var i = 0; i < count; i++)
            {
                var wide = grads[i].to(type);
                gh.Add(wide.mm(low[i].B!.to(type)).mul_(low[i].Scale));
                gb.Add(wide.t().mm(Saved(2, i)).to(low[i].B!.dtype).mul_(low[i].Scale));
            }
            var shared = Shared(low);
            var together = shared && count > 0 ? cat(gh, 1) : null;
            if (together is not null)
                ga.AddRange(together.t().mm(Rows(x).to(type)).to(low[0].A!.dtype).split(Ranks(low), 0));
            else
                ga.AddRange(low.Select((map, i) => gh[i].t().mm(Input(x, map, type)).to(map.A!.dtype)));

            Tensor? gx = null;
            if ((bool)ctx.get_data(OfInput))
            {
                gx = Rows(grad_outputs[0]).mm(maps[0].Base.Weight);
                for (var i = 1; i < maps.Count; i++)
                    gx.addmm_(Rows(grad_outputs[i]), maps[i].Base.Weight);
                if (together is not null && gx.dtype == type)
                    gx.addmm_(together, All(low, type));
                else
                    for (var i = 0; i < count; i++)
                        gx.add_(Masked(gh[i].mm(low[i].A!.to(type)), low[i].Mask));
                gx = gx.view(shape).MoveToOuterDisposeScope();
            }
            return [gx!, null!, .. ga.Select(g => g.MoveToOuterDisposeScope()), .. gb.Select(g => g.MoveToOuterDisposeScope())];
        }

        /// <summary>Whether all of them see the same input.</summary>
        private static bool Shared(List<LowRankMap> low) => low.All(map => map.Mask is null);

        private static long[] Ranks(List<LowRankMap> low) => [.. low.Select(map => map.A!.shape[0])];

        /// <summary>Their A, one below the other.</summary>
        private static Tensor All(List<LowRankMap> low, ScalarType type) => low.Count == 1 ? low[0].A!.to(type) : cat([.. low.Select(map => map.A!)], 0).to(type);

        private static ScalarType Product(Tensor x) => x.is_cuda ? x.dtype : float32;

        private static Tensor Input(Tensor x, LowRankMap map, ScalarType type) => Masked(Rows(x).to(type), map.Mask);

        private static Tensor Masked(Tensor rows, Tensor? mask) => mask is null ? rows : rows.mul(mask.to(rows.dtype));

        private static Tensor Rows(Tensor x) => x.reshape(-1, x.shape[^1]);
    }
}
