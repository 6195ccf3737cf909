using System.Globalization;

namespace Liger.Models.Mixers;

/// <summary>A layer, or one kv head of it with the query heads that share it. Written "5" and "5.1", both counted from 0.</summary>
/// <param name="Layer">The layer.</param>
/// <param name="KvHead">The kv head; null is the whole layer.</param>
public readonly record struct MixerPlace(int Layer, int? KvHead = null) : IComparable<MixerPlace>
{
    /// <summary>Reads "5" or "5.1".</summary>
    /// <exception cref="ModelException">It is neither.</exception>
    public static MixerPlace Parse(string text) =>
        TryParse(text, out var place)
            ? place
            : throw new ModelException($"mixer: '{text}' is no place — expected a layer such as 5, or a layer and kv head such as 5.1.");

    /// <summary>Reads "5" or "5.1"; false where it is neither.</summary>
    public static bool TryParse(string text, out MixerPlace place)
    {
        var numbers = text.Split('.').Select(Number).ToArray();
        place = numbers is [{ } layer, .. var rest] ? new MixerPlace(layer, rest.FirstOrDefault()) : default;
        return numbers.Length <= 2 && numbers.All(n => n is not null);
    }

    /// <inheritdoc/>
    public override string ToString() => KvHead is { } head ? string.Create(CultureInfo.InvariantCulture, $"{Layer}.{head}") : Layer.ToString(CultureInfo.InvariantCulture);

    /// <summary>By layer, a whole layer before its heads.</summary>
    public int CompareTo(MixerPlace other) => Layer != other.Layer ? Layer.CompareTo(other.Layer) : (KvHead ?? -1).CompareTo(other.KvHead ?? -1);

    private static int? Number(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;
}
