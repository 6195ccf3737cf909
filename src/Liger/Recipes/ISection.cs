namespace Liger.Recipes;

/// <summary>
/// One section of a recipe on its way in or out. Every section names its keys once, in one method that both reads them
/// (the reader hands back what the file says, or the default) and writes them (the writer notes the value and hands it back).
/// </summary>
internal interface ISection
{
    /// <summary>A key that may be left out.</summary>
    /// <param name="key">Its name in the file.</param>
    /// <param name="value">The default when reading, the value when writing.</param>
    /// <param name="kind">What is allowed there.</param>
    T Value<T>(string key, T value, Kind<T> kind);

    /// <summary>A key that must be there.</summary>
    T Required<T>(string key, T value, Kind<T> kind);

    /// <summary>A section inside this one; left out when <paramref name="value"/> is null and the file has none, or when the file says null.</summary>
    /// <param name="key">Its name in the file.</param>
    /// <param name="value">The section's default, or null where it may be absent.</param>
    /// <param name="start">What its keys fall back to when the file has the section.</param>
    /// <param name="bind">Names its keys.</param>
    T? Section<T>(string key, T? value, T start, Func<ISection, T, T> bind) where T : class;

    /// <summary>A list of sections.</summary>
    /// <param name="key">Its name in the file.</param>
    /// <param name="value">The default when reading, the list when writing.</param>
    /// <param name="start">What the keys of each entry fall back to.</param>
    /// <param name="bind">Names the keys of an entry.</param>
    IReadOnlyList<T> Sections<T>(string key, IReadOnlyList<T> value, T start, Func<ISection, T, T> bind) where T : class;

    /// <summary>Whether the file has this key, and not null there; of no meaning when writing.</summary>
    bool Has(string key);

    /// <summary>Every key that was not asked for by name so far, as text; for options whose names another project owns.</summary>
    IReadOnlyDictionary<string, string> Rest(IReadOnlyDictionary<string, string> value);

    /// <summary>Adds a problem at a key (empty: the section itself) when reading and <paramref name="holds"/> is false.</summary>
    void Check(bool holds, string key, string what);
}
