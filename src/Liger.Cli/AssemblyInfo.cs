using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Liger.Cli.Tests")]
