using System.Globalization;

namespace Liger.Text;

/// <summary>
/// Reads tiktoken's ranks, a line <c>base64 rank</c> for each token: the tokenizer.model of Llama 3. Pairs merge in the order of the rank of what they make.
/// The split is Llama 3's; special tokens are those of tokenizer_config.json, else the 256 that Meta's code adds to Llama 3's 128,000 ranks.
/// </summary>
internal static class TiktokenFile
{
    private const int Llama3Ranks = 128000, Llama3Special = 256;

    /// <summary>Whether a file looks like ranks rather than SentencePiece's protobuf: text whose first line is base64, a space and a number.</summary>
    public static bool Looks(string file)
    {
        var bytes = BoundedFile.Bytes(file);
        var end = Array.IndexOf(bytes, (byte)'\n');
        if (end < 0 || end > 1024)
            return false;
        var line = System.Text.Encoding.Latin1.GetString(bytes, 0, end);
        return Parse(line) is not null;
    }

    public static BpeTokenizer Read(string file, TokenizerConfig config)
    {
        var ranks = new Dictionary<string, int>();
        var bytes = new List<byte[]>();
        var number = 0;
        foreach (var line in BoundedFile.Text(file).Split('\n'))
        {
            number++;
            if (line.Length == 0)
                continue;
            if (Parse(line) is not var (token, rank) || rank != bytes.Count || !ranks.TryAdd(ByteAlphabet.Spell(token), rank))
                throw new TextException($"{file}: line {number}: expected a new token in base64, a space and its rank {bytes.Count}. The file is damaged.");
            bytes.Add(token);
        }
        var special = config.AddedTokens();
        if (special.Count == 0)
            special = Llama3(file, bytes.Count);
        var begin = special.FirstOrDefault(t => t.Content == "<|begin_of_text|>");
        return new BpeTokenizer(new BpeTokenizerParts
        {
            Model = new BpeModelParts { Vocabulary = ranks, Merges = Merges(ranks, bytes), ByteLevel = true, IgnoreMerges = true },
            AddedTokens = special,
            PreTokenizer = WordSplitter.Llama3,
            Prefix = begin is null ? [] : [begin.Id],
            Decoding = new TokenDecoding { ByteLevel = true },
        });
    }

    private static (byte[] Token, int Rank)? Parse(string line)
    {
        var space = line.IndexOf(' ');
        var token = new byte[Math.Max(space, 0)];
        return space > 0 && Convert.TryFromBase64Chars(line.AsSpan(0, space), token, out var length) && length > 0
            && int.TryParse(line.AsSpan(space + 1).TrimEnd('\r'), NumberStyles.None, CultureInfo.InvariantCulture, out var rank) && rank <= TokenizerJson.MaximumId
            ? (token[..length], rank) : null;
    }

    private static List<AddedToken> Llama3(string file, int ranks)
    {
        if (ranks != Llama3Ranks)
            throw new TextException($"{file}: {ranks} ranks and no tokenizer_config.json that lists the special tokens — expected Llama 3's {Llama3Ranks}. Copy the base model's tokenizer_config.json here.");
        List<string> names = ["<|begin_of_text|>", "<|end_of_text|>"];
        names.AddRange(Reserved(0, 4));
        names.AddRange(["<|start_header_id|>", "<|end_header_id|>", .. Reserved(4, 1), "<|eot_id|>"]);
        names.AddRange(Reserved(5, Llama3Special - names.Count));
        return [.. names.Select((name, i) => new AddedToken(ranks + i, name, Special: true))];
    }

    private static IEnumerable<string> Reserved(int first, int count) => Enumerable.Range(first, count).Select(i => $"<|reserved_special_token_{i}|>");

    /// <summary>Every way in which two ranked tokens make a third, at the rank of the third.</summary>
    private static List<(int, int, int, int)> Merges(Dictionary<string, int> ranks, List<byte[]> bytes)
    {
        var merges = new List<(int, int, int, int)>(bytes.Count * 2);
        var lookup = ranks.GetAlternateLookup<ReadOnlySpan<char>>();
        for (var id = 0; id < bytes.Count; id++)
        {
            var token = ByteAlphabet.Spell(bytes[id]).AsSpan();
            for (var cut = 1; cut < token.Length; cut++)
                if (lookup.TryGetValue(token[..cut], out var left) && lookup.TryGetValue(token[cut..], out var right))
                    merges.Add((left, right, id, id));
        }
        return merges;
    }
}
