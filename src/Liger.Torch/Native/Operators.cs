namespace Liger.Torch.Native;

/// <summary>The ATen operators that the managed face calls, under their schema names.</summary>
internal static class Operators
{
    internal static readonly Operator
        // Creation
        empty = new("empty", "memory_format"), zeros = new("zeros"), ones = new("ones"), full = new("full"),
        arange = new("arange", "start_step"), triu_indices = new("triu_indices"), randn = new("randn", "generator"), rand = new("rand", "generator"),
        randint = new("randint", "low_generator"),
        empty_like = new("empty_like"), zeros_like = new("zeros_like"), ones_like = new("ones_like"), full_like = new("full_like"),
        // Arithmetic
        add = new("add", "Tensor"), add_scalar = new("add", "Scalar"), add_ = new("add_", "Tensor"), add_scalar_ = new("add_", "Scalar"),
        sub = new("sub", "Tensor"), sub_scalar = new("sub", "Scalar"), sub_ = new("sub_", "Tensor"), sub_scalar_ = new("sub_", "Scalar"),
        mul = new("mul", "Tensor"), mul_scalar = new("mul", "Scalar"), mul_ = new("mul_", "Tensor"), mul_scalar_ = new("mul_", "Scalar"),
        div = new("div", "Tensor"), div_scalar = new("div", "Scalar"), div_ = new("div_", "Tensor"), div_scalar_ = new("div_", "Scalar"),
        div_mode = new("div", "Tensor_mode"), div_scalar_mode = new("div", "Scalar_mode"),
        remainder = new("remainder", "Tensor"), remainder_scalar = new("remainder", "Scalar"),
        pow = new("pow", "Tensor_Tensor"), pow_scalar = new("pow", "Tensor_Scalar"),
        addcmul = new("addcmul"), addcmul_ = new("addcmul_"), addcdiv_ = new("addcdiv_"),
        lerp_tensor_ = new("lerp_", "Tensor"),
        // Elementwise
        neg = new("neg"), neg_ = new("neg_"), exp = new("exp"), exp_ = new("exp_"), log = new("log"), log_ = new("log_"),
        log1p = new("log1p"), expm1 = new("expm1"), abs = new("abs"), sign = new("sign"), square = new("square"), sqrt = new("sqrt"), sqrt_ = new("sqrt_"),
        rsqrt = new("rsqrt"), rsqrt_ = new("rsqrt_"), reciprocal = new("reciprocal"), reciprocal_ = new("reciprocal_"),
        sin = new("sin"), cos = new("cos"), tanh = new("tanh"), floor = new("floor"), ceil = new("ceil"), round = new("round"),
        sigmoid = new("sigmoid"), sigmoid_ = new("sigmoid_"), logsigmoid = new("log_sigmoid"), softplus = new("softplus"),
        silu = new("silu"), silu_ = new("silu_"), relu = new("relu"), relu_ = new("relu_"), elu = new("elu"),
        clamp = new("clamp"), clamp_tensor = new("clamp", "Tensor"), clamp_ = new("clamp_"), clamp_min = new("clamp_min"), clamp_max = new("clamp_max"),
        maximum = new("maximum"), minimum = new("minimum"),
        isfinite = new("isfinite"), isnan = new("isnan"), isinf = new("isinf"),
        where = new("where", "self"), masked_fill = new("masked_fill", "Scalar"), masked_fill_ = new("masked_fill_", "Scalar"),
        dropout = new("dropout"), bernoulli_ = new("bernoulli_", "float"), uniform_ = new("uniform_"), normal_ = new("normal_"),
        // Comparison and logic
        eq = new("eq", "Tensor"), eq_scalar = new("eq", "Scalar"), ne = new("ne", "Tensor"), ne_scalar = new("ne", "Scalar"),
        lt = new("lt", "Tensor"), lt_scalar = new("lt", "Scalar"), le = new("le", "Tensor"), le_scalar = new("le", "Scalar"),
        gt = new("gt", "Tensor"), gt_scalar = new("gt", "Scalar"), ge = new("ge", "Tensor"), ge_scalar = new("ge", "Scalar"),
        logical_and = new("logical_and"), logical_or = new("logical_or"), logical_not = new("logical_not"),
        bitwise_and = new("bitwise_and", "Tensor"), bitwise_or = new("bitwise_or", "Tensor"), bitwise_xor = new("bitwise_xor", "Tensor"),
        bitwise_not = new("bitwise_not"), equal = new("equal"), allclose = new("allclose"),
        // Reduction
        sum = new("sum"), sum_dim = new("sum", "dim_IntList"), mean = new("mean"), mean_dim = new("mean", "dim"),
        prod = new("prod"), std_all = new("std"),
        max = new("max"), max_dim = new("max", "dim"), min = new("min"), min_dim = new("min", "dim"), amax = new("amax"), amin = new("amin"),
        argmax = new("argmax"), argmin = new("argmin"), topk = new("topk"), sort = new("sort", "stable"), argsort = new("argsort"),
        all = new("all"), all_dim = new("all", "dim"), any = new("any"), any_dim = new("any", "dim"),
        norm = new("norm", "Scalar"), norm_dim = new("norm", "ScalarOpt_dim"), cumsum = new("cumsum"),
        softmax = new("softmax", "int"), log_softmax = new("log_softmax", "int"), logsumexp = new("logsumexp"),
        bincount = new("bincount"), multinomial = new("multinomial"),
        // Products
        matmul = new("matmul"), mm = new("mm"), bmm = new("bmm"), mv = new("mv"), dot = new("dot"), outer = new("outer"), einsum = new("einsum"),
        addmm = new("addmm"), addmm_ = new("addmm_"), baddbmm = new("baddbmm"), linear = new("linear"),
        cross_entropy = new("cross_entropy_loss"), mse_loss = new("mse_loss"),
        scaled_dot_product_attention = new("scaled_dot_product_attention"),
        // Shape
        transpose = new("transpose", "int"), t = new("t"), permute = new("permute"), reshape = new("reshape"), view = new("view"), view_dtype = new("view", "dtype"),
        expand = new("expand"), unsqueeze = new("unsqueeze"), squeeze = new("squeeze"), squeeze_dim = new("squeeze", "dim"),
        flatten = new("flatten", "using_ints"), unflatten = new("unflatten", "int"), repeat = new("repeat"),
        repeat_interleave = new("repeat_interleave", "self_int"),
        narrow = new("narrow"), slice = new("slice", "Tensor"), select = new("select", "int"), unfold = new("unfold"), as_strided = new("as_strided"),
        cat = new("cat"), stack = new("stack"), split = new("split", "Tensor"), split_sizes = new("split_with_sizes"), chunk = new("chunk"), unbind = new("unbind", "int"),
        flip = new("flip"), roll = new("roll"), tril = new("tril"), triu = new("triu"), diagonal = new("diagonal"), pad = new("constant_pad_nd"),
        contiguous = new("contiguous"), clone = new("clone"), detach = new("detach"), detach_ = new("detach_"),
        // Indexing
        index = new("index", "Tensor"), index_select = new("index_select"), index_add = new("index_add"), index_add_ = new("index_add_"),
        index_copy_ = new("index_copy_"), gather = new("gather"), scatter = new("scatter", "src"), scatter_ = new("scatter_", "src"),
        scatter_value_ = new("scatter_", "value"), scatter_add_ = new("scatter_add_"), masked_select = new("masked_select"), nonzero = new("nonzero"),
        searchsorted = new("searchsorted", "Tensor"),
        // Contents and placement
        copy_ = new("copy_"), set_ = new("set_", "source_Tensor"), fill_ = new("fill_", "Scalar"), zero_ = new("zero_"), local_scalar = new("_local_scalar_dense"),
        to_dtype = new("to", "dtype"), to_device = new("to", "device");
}
