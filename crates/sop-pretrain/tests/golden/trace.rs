//! Case 20: eight training steps with every random choice given.

use sop_core::shared_folder::golden_case;
use sop_core::tolerance::Tolerance;
use sop_pretrain::learner::{StepSettings, Views};
use sop_pretrain::objective::TeacherTemperatures;
use sop_pretrain::sop::{AnchorDraw, Memory, Prototypes, Sop, SopConfig, StepDraws, TaskConfig};

use super::device::device;
use super::steps::{NO_DROP_PATH, check_weights, learner};
use super::tensors::{json, read};

#[test]
fn golden_eight_training_steps() {
    let Some(folder) = golden_case("20_sop_training_trace") else { return };
    let case = json(&folder.join("case.json"));
    let initial = read(&folder.join("initial.safetensors"));
    let given = read(&folder.join("steps.safetensors"));
    let last = read(&folder.join("final.safetensors"));
    // "losses: 1e-4 relative at every step; final weights: max abs difference 2e-4, …".
    let stated = |what: &str| -> f64 {
        let words = case["tolerance"].as_str().unwrap().split(what).nth(1).unwrap();
        words.split([' ', ',', ';']).find_map(|word| word.parse().ok()).unwrap()
    };
    let (losses_tolerance, weights_tolerance) = (stated("losses: "), stated("final weights: "));
    let size = |part: &str, name: &str| case[part][name].as_u64().unwrap() as usize;
    let memory = |name: &str| Memory::from_parts(initial[name].matrix(), 0).unwrap();
    let tasks = size("memory", "tasks");
    let task = |kind: &str| TaskConfig {
        memory: size("memory", &format!("{kind}_size")),
        anchors: size("memory", &format!("{kind}_anchors")),
        support: size("memory", &format!("{kind}_support_per_sop_including_anchor")) - 1,
        tasks,
        weight: 1.0,
    };
    let config = SopConfig {
        class: task("class"),
        patch: task("patch"),
        smoothing: case["memory"]["smoothing"].as_f64().unwrap(),
        student_temperature: case["student_temperature"].as_f64().unwrap(),
        ..SopConfig::default()
    };
    let objective = Sop::with_memories(config.clone(), memory("class_memory"), memory("patch_memory")).unwrap();
    let mut learner = learner(&initial, ["student.", "teacher."], size("model", "num_heads"), objective);
    let device = device();
    let batch = case["batch"].as_u64().unwrap() as usize;
    for iteration in case["steps"].as_array().unwrap() {
        let value = |name: &str| iteration[name].as_f64().unwrap();
        let step = iteration["step"].as_u64().unwrap();
        let stored = |name: &str| &given[&format!("step{step}.{name}")];
        let view = |name: String| stored(&name).tensor::<4>(&device);
        let views = Views {
            global: [view("global0".to_owned()), view("global1".to_owned())],
            local: (0..size("views", "local")).map(|index| view(format!("local{index}"))).collect(),
            mask: [stored("mask0").bools(), stored("mask1").bools()].concat(),
        };
        let anchors = |name: &str, count: usize| AnchorDraw::all(stored(name).indices()[..count].to_vec());
        let draws = StepDraws {
            class: vec![anchors("class_permutation", config.class.anchors)],
            patch: vec![anchors("patch_permutation", config.patch.anchors)],
            patch_tokens: stored("patch_token_index").indices().split_off(batch),
        };
        let memory = learner.objective.class_memory();
        let prototypes = Prototypes::build(memory, &draws.class[0], &config, &config.class).unwrap();
        assert_eq!(
            prototypes.slots.iter().copied().collect::<Vec<_>>(),
            stored("class_support_slots").indices(),
            "step {step}"
        );
        let temperatures = TeacherTemperatures::both(value("teacher_temperature"));
        let objective = learner.objective.step(draws, &device).unwrap();
        let (loss, _, gradients) = learner.gradients(&views, &objective, NO_DROP_PATH, temperatures, batch).unwrap();
        for (name, found) in [("loss", Some(loss.total)), ("loss_cls", loss.class), ("loss_patch", loss.patch)] {
            let (found, expected) = (found.unwrap(), value(name));
            assert!((found - expected).abs() <= losses_tolerance * expected, "step {step}, {name}: {found} {expected}");
        }
        let settings = StepSettings {
            learning_rate: value("lr"),
            weight_decay: value("weight_decay"),
            momentum: value("momentum"),
            clip: case["clip_grad"].as_f64(),
            freeze_prototypes: false,
        };
        let norm = learner.apply(gradients, &settings).unwrap();
        let expected = value("max_param_grad_norm");
        assert!((norm - expected).abs() <= 1e-3 * expected, "step {step}: {norm} {expected}");
    }
    let checked = check_weights(&learner.student, &last, "student.", weights_tolerance);
    assert_eq!(checked, last.keys().filter(|name| name.starts_with("student.")).count());
    let checked = check_weights(&learner.teacher, &last, "teacher.", weights_tolerance);
    assert_eq!(checked, last.keys().filter(|name| name.starts_with("teacher.")).count());
    for (name, memory) in
        [("class_memory", learner.objective.class_memory()), ("patch_memory", learner.objective.patch_memory())]
    {
        let found: Vec<f32> = memory.embeddings().iter().copied().collect();
        Tolerance::Stated(weights_tolerance, 0.0)
            .check(&found, &last[name].f32())
            .unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}
