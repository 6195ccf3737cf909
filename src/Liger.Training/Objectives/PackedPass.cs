using Liger.Models;
using Liger.Models.Graph;
using Liger.Text;
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
}
