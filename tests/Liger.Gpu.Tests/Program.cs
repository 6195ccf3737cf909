using System.Reflection;
using Liger.Gpu.Tests;
using Xunit.Sdk;

// Runs all tests of this assembly, or those whose names contain one of the arguments. Exit code 0: all passed; 1: some failed; 3: no GPU.
if (Gpu.Missing is { } missing)
{
    Console.Error.WriteLine($"gpu-tests: {missing}.");
    return 3;
}
var (passed, failed) = (0, 0);
foreach (var method in typeof(Gpu).Assembly.GetTypes().SelectMany(t => t.GetMethods()).Where(m => m.IsDefined(typeof(FactAttribute), true)))
{
    var data = method.GetCustomAttributes<DataAttribute>().SelectMany(a => a.GetData(method)).ToList();
    foreach (var arguments in data.Count == 0 ? [[]] : data)
    {
        var name = $"{method.DeclaringType!.Name}.{method.Name}({string.Join(", ", arguments)})";
        if (args.Length > 0 && !args.Any(part => name.Contains(part, StringComparison.Ordinal)))
            continue;
        try
        {
            method.Invoke(Activator.CreateInstance(method.DeclaringType), arguments);
            passed++;
        }
        catch (TargetInvocationException error)
        {
            failed++;
            Console.WriteLine($"FAILED {name}: {error.InnerException!.Message}");
        }
    }
}
Console.WriteLine($"{passed} passed, {failed} failed");
return failed == 0 ? 0 : 1;
