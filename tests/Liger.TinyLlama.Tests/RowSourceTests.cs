using Liger.Testing;
using Liger.TinyLlama.Commands;
using Liger.TinyLlama.Rows;
using Liger.TinyLlama.Writing;

namespace Liger.TinyLlama.Tests;

public class RowSourceTests(TrainedVocabulary trained) : IClassFixture<TrainedVocabulary>
{
    [Fact]
    public void The_committed_tokenizer_is_what_the_command_makes()
    {
        using var folder = new TemporaryFolder();
        TokenizerCommand.Train(new Corpus(trained.Grammar, 1), folder.Path);
        Assert.Equal(File.ReadAllText(Path.Combine(TrainedVocabulary.Folder, "tokenizer.json")), File.ReadAllText(folder["tokenizer.json"]));
        Assert.Equal((0, 1, TokenizerCommand.Vocabulary), (trained.Tokenizer.BosId, trained.Tokenizer.EosId, trained.Tokenizer.VocabularySize));
    }

    [Fact]
    public void Rows_made_ahead_are_those_made_one_by_one()
    {
        var rows = new RowSource(new Corpus(trained.Grammar, 8), trained.Tokenizer, Corpus.Context);
        var ahead = rows.Ahead(threads: 2).Take(100).ToList();
        Assert.Equal(Enumerable.Range(0, 100).Select(number => rows[number]), ahead);
    }

    [Fact]
    public void A_row_is_full_and_a_text_begins_with_the_begin_token()
    {
        var rows = new RowSource(new Corpus(trained.Grammar, 9), trained.Tokenizer, 256);
        foreach (var row in rows.Ahead(threads: 2).Take(300))
        {
            Assert.Equal(256, row.Length);
            Assert.DoesNotContain(row, id => id < 0 || id >= TokenizerCommand.Vocabulary);
            for (var i = 1; i < row.Length; i++)
                Assert.True(row[i] != 0 || row[i - 1] == 1, "a begin token that follows no end token");
        }
    }
}
