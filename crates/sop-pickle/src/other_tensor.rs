//! Tensors that are more than elements with a shape: known by name, so that a refusal can say what they are.

use crate::PickleError;

/// The refusal of a tensor whose kind is known by the function that rebuilds it.
pub(super) fn refusal(module: &str, name: &str) -> Option<PickleError> {
    const PLAIN: &str = "save its plain values instead (`tensor.detach().cpu().clone()`)";
    let (kind, remedy) = match (module, name) {
        ("torch._utils", "_rebuild_qtensor") => {
            ("a quantised tensor", "save `tensor.dequantize()` instead, or weights that were never quantised")
        }
        ("torch._utils", "_rebuild_sparse_tensor" | "_rebuild_sparse_csr_tensor") => {
            ("a sparse tensor", "save `tensor.to_dense()` instead")
        }
        ("torch._utils", "_rebuild_nested_tensor") => ("a nested tensor", "save its parts instead (`tensor.unbind()`)"),
        ("torch._utils", "_rebuild_wrapper_subclass") => ("a tensor of a class of its own", PLAIN),
        ("torch._utils", "_rebuild_meta_tensor_no_storage") => {
            ("a tensor without values (on the device `meta`)", "load the weights before saving them")
        }
        ("torch._utils", "_rebuild_device_tensor_from_numpy" | "_rebuild_device_tensor_from_cpu_tensor") => {
            ("a tensor of another device", "save `tensor.cpu()` instead")
        }
        ("torch.distributed.tensor" | "torch.distributed._tensor", "DTensor")
        | ("torch.distributed.tensor._api" | "torch.distributed._tensor.api", "DTensor") => {
            ("a tensor that is spread over machines", "save `tensor.full_tensor()` instead")
        }
        _ => return None,
    };
    Some(PickleError::OtherTensor { name: format!("{module}.{name}"), kind, remedy })
}
