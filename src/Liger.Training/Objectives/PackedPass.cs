using Liger.Models;
using Liger.Models.Graph;
using Liger.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace Liger.Training;

/// <summary>Packed rows through a model.</summary>
internal static class PackedPass
{
    /// <summary>The states after the final norm, [B, T, C].</summary>
    public static Tensor Hidden(CausalLM model, IReadOnlyList<PackedRow> rows)
    {
        using var ids = NextTokenLoss.Ids(rows, model.Device);
        using var layout = SequenceLayout.Packed([.. rows.Select(row => row.DocumentStarts)], (int)ids.shape[1], model.Device);
        return model.Hidden(ids, layout);
    }

    /// <summary>The states [N, C] that are scored, of the model as it is and of the original it was made of, and their targets [N].</summary>
    /// <param name="model">The model.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="begin">Begins the model's own pass, which alone is recorded.</param>
    public static (Tensor Student, Tensor Teacher, Tensor Targets) BesideOriginal(CausalLM model, IReadOnlyList<PackedRow> rows, Action begin)
    {
        Tensor teacher;
        using (torch.no_grad())
        using (model.AsOriginal())
            teacher = Hidden(model, rows);
        begin();
        var student = Hidden(model, rows);
        var scored = new ScoredPositions(rows, student.shape[1], student.device);
        return (scored.Of(student), scored.Of(teacher), scored.Targets);
    }
}
