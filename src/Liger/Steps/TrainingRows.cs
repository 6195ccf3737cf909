using Liger.Recipes;
using Liger.Text;
using Liger.Training;

namespace Liger.Steps;

/// <summary>The rows a run is trained and validated on.</summary>
/// <param name="Train">Rows to train on.</param>
/// <param name="Validation">Rows to validate on; may be empty.</param>
internal sealed record TrainingRows(IReadOnlyList<PackedRow> Train, IReadOnlyList<PackedRow> Validation)
{
    /// <summary>Recall windows over the training rows' text that take the place of some of them; null where the recipe asks for none.</summary>
    internal RowMix? Mix { get; private init; }

    /// <summary>Reads, tokenizes and packs the files of a recipe.</summary>
    /// <exception cref="LigerException">The held-out rows leave nothing to train on.</exception>
    internal static TrainingRows Read(DataSection data, Tokenizer tokenizer, IStepObserver observer)
    {
        var rows = Pack(data, data.Train, tokenizer, observer);
        if (data.Validation.Count > 0)
        {
            var validation = Pack(data, data.Validation, tokenizer, observer);
            return new TrainingRows(rows, data.ValidationRows > 0 ? [.. validation.Take(data.ValidationRows)] : validation);
        }
        if (data.ValidationRows >= rows.Count)
            throw new LigerException(
                $"data.validation_rows: {data.ValidationRows} rows are held out and the data has {rows.Count} — expected fewer. Give more text or hold out less.", ExitCode.WrongUse);
        return new TrainingRows([.. rows.Skip(data.ValidationRows)], [.. rows.Take(data.ValidationRows)]);
    }

    /// <summary>The same rows with the recall windows that a section asks for among them.</summary>
    internal TrainingRows Mixed(DataSection data, Tokenizer tokenizer) =>
        data.Recall is { Share: > 0 } recall ? this with { Mix = recall.Mix(Train, tokenizer, data.Context) } : this;

    private static List<PackedRow> Pack(DataSection data, IReadOnlyList<string> files, Tokenizer tokenizer, IStepObserver observer)
    {
        var names = string.Join(", ", files);
        observer.Say($"reading {names}");
        return [.. Packing.Pack(files.SelectMany(file => TextData.Load(file, tokenizer, data.Reading(file))), data.Packing, names)];
    }
}
