using System.Globalization;
using System.Reflection;
using Liger.Contracts.Tests;
using Liger.Gpu.Tests;
using Liger.Models.Tests;
using Liger.Ops.Tests;
using Liger.Testing;
using Xunit.Sdk;

// Runs the tests of this assembly, and those of others that can run in several places on the GPU in fp32 and in bf16. Arguments: parts of
// names to run alone; --part I/N for every Nth from the Ith on, so that several processes can share them. Exit code 0: all passed; 1: some
// failed; 3: no GPU.
if (Gpu.Missing is { } missing)
{
    Console.Error.WriteLine($"gpu-tests: {missing}.");
    return 3;
}
var (part, parts) = (0, 1);
var at = Array.IndexOf(args, "--part");
if (at >= 0)
    (part, parts) = args[at + 1].Split('/') is [var i, var n] ? (int.Parse(i, CultureInfo.InvariantCulture), int.Parse(n, CultureInfo.InvariantCulture)) : (0, 1);
string[] wanted = at < 0 ? args : [.. args[..at], .. args[(at + 2)..]];

Place?[] own = [null], places = [new Place(Gpu.Device, float32), new Place(Gpu.Device, bfloat16)];
var types = typeof(Gpu).Assembly.GetTypes().Select(type => (type, own))
    .Concat(new[] { typeof(MixerContractTests), typeof(MixerLayoutTests), typeof(MixerArithmeticTests), typeof(ModelContractTests), typeof(GoldenTests), typeof(PromptPortionTests), typeof(SharedInputTests), typeof(PackedSegmentTests), typeof(RecordedStepsTests), typeof(SelectedAttentionTests), typeof(CausalAttentionTests) }.Select(type => (type, places)));
var (passed, failed, skipped, number) = (0, 0, 0, 0);
foreach (var (type, where) in types)
{
    foreach (var method in type.GetMethods().Where(m => m.IsDefined(typeof(FactAttribute), true)))
    {
        var data = method.GetCustomAttributes<DataAttribute>().SelectMany(a => a.GetData(method)).ToList();
        foreach (var place in where)
            foreach (var arguments in data.Count == 0 ? [[]] : data)
                Run(type, method, place, arguments);
    }
}
Console.WriteLine($"{passed} passed, {failed} failed, {skipped} skipped");
return failed == 0 ? 0 : 1;

void Run(Type type, MethodInfo method, Place? place, object[] arguments)
{
    var name = $"{type.Name}.{method.Name}({string.Join(", ", arguments)}){(place is null ? "" : $" in {place.Dtype}")}";
    if (wanted.Length > 0 && !wanted.Any(part => name.Contains(part, StringComparison.Ordinal)))
        return;
    var tests = Activator.CreateInstance(type);
    if (tests is PlacedTests placed && place is not null)
    {
        if (!placed.Take(place.Dtype))
            return;
        placed.On = place;
    }
    if (number++ % parts != part)
        return;
    if (method.GetCustomAttribute<FactAttribute>()!.Skip is { } reason)
    {
        skipped++;
        Console.WriteLine($"SKIPPED {name}: {reason}");
        return;
    }
    try
    {
        method.Invoke(tests, arguments);
        passed++;
    }
    catch (TargetInvocationException error)
    {
        failed++;
        Console.WriteLine($"FAILED {name}: {error.InnerException!.Message}");
    }
}
