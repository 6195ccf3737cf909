using System.Text;

namespace Liger.Text;

/// <summary>What a piece of a SentencePiece model is for; the numbers are the file's.</summary>
internal enum PieceType
{
    Normal = 1,
    Unknown = 2,
    Control = 3,
    UserDefined = 4,
    Unused = 5,
    Byte = 6,
}

/// <summary>A SentencePiece model file as far as byte-pair encoding needs it.</summary>
internal sealed class SentencePieceModel
{
    private const int Bpe = 2, Unigram = 1;
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    private int modelType = Unigram;
    private bool denormalizes;

    public List<(string Text, float Score, PieceType Type)> Pieces { get; } = [];

    public bool ByteFallback { get; private set; }

    public bool SpaceAsSuffix { get; private set; }

    public bool AddDummyPrefix { get; private set; } = true;

    public bool RemoveExtraSpaces { get; private set; } = true;

    public bool EscapeSpaces { get; private set; } = true;

    public Charsmap? Charsmap { get; private set; }

    public int BosId { get; private set; } = 1;

    public int EosId { get; private set; } = 2;

    public int PadId { get; private set; } = -1;

    public string UnknownSurface { get; private set; } = " \u2047 ";

    public int UnknownId { get; private set; } = -1;

    /// <summary>Reads and checks a model.</summary>
    public static SentencePieceModel Read(string file)
    {
        var model = new SentencePieceModel();
        try
        {
            model.ReadAll(BoundedFile.Bytes(file), file);
        }
        catch (DecoderFallbackException e)
        {
            throw TextException.At(file, $"a string that is not UTF-8 ({e.Message}) — expected a SentencePiece model. The file is damaged or of another kind.");
        }
        model.Check(file);
        return model;
    }

    private void ReadAll(ReadOnlySpan<byte> data, string file)
    {
        var reader = new ProtobufReader(data, file);
        while (reader.Next())
        {
            if (reader.Field == 1)
                ReadPiece(reader.Content, file);
            else if (reader.Field == 2)
                ReadTrainer(reader.Content, file);
            else if (reader.Field == 3)
                ReadNormalizer(reader.Content, file);
            else if (reader.Field == 5)
                denormalizes = HasCharsmap(reader.Content, file);
        }
    }

    private void ReadPiece(ReadOnlySpan<byte> data, string file)
    {
        var (text, score, type) = ("", 0f, PieceType.Normal);
        var reader = new ProtobufReader(data, file);
        while (reader.Next())
        {
            if (reader.Field == 1)
                text = Strict.GetString(reader.Content);
            else if (reader.Field == 2)
                score = reader.Float;
            else if (reader.Field == 3)
                type = (PieceType)reader.Number;
        }
        Pieces.Add((text, score, type));
    }

    private void ReadTrainer(ReadOnlySpan<byte> data, string file)
    {
        var reader = new ProtobufReader(data, file);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 3:
                    modelType = (int)reader.Number;
                    break;
                case 24:
                    SpaceAsSuffix = reader.Number != 0;
                    break;
                case 35:
                    ByteFallback = reader.Number != 0;
                    break;
                case 41:
                    BosId = (int)reader.Number;
                    break;
                case 42:
                    EosId = (int)reader.Number;
                    break;
                case 43:
                    PadId = (int)reader.Number;
                    break;
                case 44:
                    UnknownSurface = Strict.GetString(reader.Content);
                    break;
            }
        }
    }

    private void ReadNormalizer(ReadOnlySpan<byte> data, string file)
    {
        var reader = new ProtobufReader(data, file);
        while (reader.Next())
        {
            if (reader.Field == 2 && reader.Content.Length > 0)
                Charsmap = new Charsmap(reader.Content, file);
            else if (reader.Field == 3)
                AddDummyPrefix = reader.Number != 0;
            else if (reader.Field == 4)
                RemoveExtraSpaces = reader.Number != 0;
            else if (reader.Field == 5)
                EscapeSpaces = reader.Number != 0;
        }
    }

    private static bool HasCharsmap(ReadOnlySpan<byte> data, string file)
    {
        var reader = new ProtobufReader(data, file);
        while (reader.Next())
            if (reader.Field == 2 && reader.Content.Length > 0)
                return true;
        return false;
    }

    private void Check(string file)
    {
        if (Pieces.Count == 0)
            throw TextException.At(file, "no pieces — expected a SentencePiece model. The file is damaged or of another kind.");
        if (modelType != Bpe)
            throw TextException.At(file, $"model type {modelType} ({(modelType == Unigram ? "unigram" : "word or char")}) is not supported — expected {Bpe} (BPE). Use a checkpoint with another tokenizer.");
        if (denormalizes)
            throw TextException.At(file, "a denormalizer is not supported — expected none. Use a checkpoint with another tokenizer.");
        var seen = new HashSet<string>();
        for (var id = 0; id < Pieces.Count; id++)
        {
            var (text, score, type) = Pieces[id];
            if (text.Length == 0 || !seen.Add(text) || !float.IsFinite(score) || !Enum.IsDefined(type))
                throw TextException.At(file, $"piece {id} ('{text}') is empty, repeated, or has a bad score or type. The file is damaged.");
            if (type == PieceType.Unused)
                throw TextException.At(file, $"piece {id} ('{text}') is marked unused, which is not supported — expected none. Use a model that was not restricted to a vocabulary.");
            if (type == PieceType.Unknown)
                UnknownId = UnknownId < 0 ? id : throw TextException.At(file, $"two unknown pieces, {UnknownId} and {id} — expected one. The file is damaged.");
        }
        if (UnknownId < 0)
            throw TextException.At(file, "no unknown piece — expected one. The file is damaged.");
        if (ByteFallback && Enumerable.Range(0, 256).Any(b => !Pieces.Any(p => p.Type == PieceType.Byte && TokenDecoding.ByteOf(p.Text) == b)))
            throw TextException.At(file, "byte fallback without a piece for each of the 256 bytes. The file is damaged.");
    }
}
