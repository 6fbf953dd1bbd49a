//! Case 19: four training steps with every random choice given.

use sop_core::shared_folder::golden_case;
use sop_core::tolerance::Tolerance;
use sop_pretrain::learner::{StepSettings, Views};
use sop_pretrain::objective::TeacherTemperatures;
use sop_pretrain::sop::{AnchorDraw, Memory, Sop, SopConfig, StepDraws, TaskConfig};

use super::device::device;
use super::steps::{NO_DROP_PATH, check_weights, learner};
use super::tensors::{Stored, json, read, values};

/// The number in front of a word of a text, the first time that the word occurs.
fn number_before(text: &str, word: &str) -> usize {
    text.split(word).next().unwrap().rsplit(' ').next().unwrap().parse().unwrap()
}

/// Anchors and members of a prototype, which the case tells in words: `class memory (K 32, 8 anchors, 3 experts, 2 tasks)`.
fn prototype(what: &str, memory: &str) -> (usize, usize) {
    let memory = what.split(memory).nth(1).unwrap();
    (number_before(memory, " anchors"), number_before(memory, " expert"))
}

/// The first number in the words of a tolerance, such as `max 2e-5, …`.
fn first_number(text: &serde_json::Value) -> f64 {
    text.as_str().unwrap().split([' ', ',']).find_map(|word| word.parse().ok()).unwrap()
}

#[test]
fn golden_four_training_steps() {
    let Some(folder) = golden_case("19_sop_train_steps") else { return };
    let case = json(&folder.join("case.json"));
    let input = read(&folder.join("input.safetensors"));
    let initial = read(&folder.join("initial_student.safetensors"));
    let expected = read(&folder.join("expected.safetensors"));
    let iterations = json(&folder.join("expected.json"))["f32"].as_array().unwrap().clone();
    let what = case["what"].as_str().unwrap();
    let (of_class, of_patch) = (prototype(what, "class memory ("), prototype(what, "patch memory ("));
    let heads = what.split("heads ").nth(1).unwrap().split_whitespace().next().unwrap().parse().unwrap();
    let weights_tolerance = first_number(&case["tolerance"]["weights_and_queues_after_last_step"]);
    let settings = &case["config"];
    let number = |name: &str| settings[name].as_f64().unwrap();
    let tasks = input["class_permutation"].shape[1];
    let memory = |name: &str| {
        Memory::from_parts(input[name].matrix().reversed_axes().as_standard_layout().to_owned(), 0).unwrap()
    };
    let (class_memory, patch_memory) = (memory("class_memory"), memory("patch_memory"));
    let task = |memory: &Memory, (anchors, members): (usize, usize), tasks| TaskConfig {
        memory: memory.embeddings().nrows(),
        anchors,
        support: members - 1,
        tasks,
        weight: 1.0,
    };
    let config = SopConfig {
        class: task(&class_memory, of_class, tasks),
        patch: task(&patch_memory, of_patch, 1),
        smoothing: number("smoothing"),
        student_temperature: number("student_temp"),
        ..SopConfig::default()
    };
    let objective = Sop::with_memories(config, class_memory, patch_memory).unwrap();
    let mut learner = learner(&initial, ["", ""], heads, objective);
    let batch = number("batch") as usize;
    let device = device();
    for (step, iteration) in iterations.iter().enumerate() {
        let value = |name: &str| iteration[name].as_f64().unwrap();
        let view = |name: &str| {
            let Stored { shape, values } = &input[&format!("step{step}.{name}_i8")];
            let scaled = Stored { shape: shape.clone(), values: values.iter().map(|value| value / 32.0).collect() };
            scaled.tensor::<4>(&device)
        };
        let locals = (0..number("local_views") as usize).map(|index| view(&format!("local{index}"))).collect();
        let views =
            Views { global: [view("global0"), view("global1")], local: locals, mask: input["masks"].at(step).bools() };
        let anchors = |permutation: &Stored, count: usize| AnchorDraw::all(permutation.indices()[..count].to_vec());
        let permutations = input["class_permutation"].at(step);
        let draws = StepDraws {
            class: (0..tasks).map(|task| anchors(&permutations.at(task), of_class.0)).collect(),
            patch: vec![anchors(&input["patch_permutation"].at(step), of_patch.0)],
            patch_tokens: input["patch_pick_ids"].at(step).indices().split_off(batch),
        };
        let temperatures = TeacherTemperatures::both(value("teacher_temp"));
        let objective = learner.objective.step(draws, &device).unwrap();
        let (loss, _, gradients) = learner.gradients(&views, &objective, NO_DROP_PATH, temperatures, batch).unwrap();
        let tolerance = case["tolerance"][if step == 0 { "loss_step0" } else { "loss_later" }].as_f64().unwrap();
        for (name, found) in [("loss", Some(loss.total)), ("cls_ce", loss.class), ("patch_ce", loss.patch)] {
            let difference = (found.unwrap() - value(name)).abs();
            assert!(difference <= tolerance, "step {step}, {name}: {difference}");
        }
        if step == 0 {
            // Norms do not depend on the layout, in which Burn's matrices are transposed.
            let norms = iteration["grad_norms_before_clip"].as_object().unwrap();
            assert_eq!(gradients.names().count(), norms.len());
            for (name, expected) in norms {
                let norm = values(gradients.get(name).unwrap()).iter().map(|value| value * value).sum::<f32>().sqrt();
                let difference = (f64::from(norm) - expected.as_f64().unwrap()).abs();
                assert!(difference <= 1e-5 * expected.as_f64().unwrap().max(1.0), "{name}: {difference}");
            }
        }
        let settings = StepSettings {
            learning_rate: value("lr"),
            weight_decay: value("weight_decay"),
            momentum: value("momentum"),
            clip: Some(number("clip")),
            freeze_prototypes: false,
        };
        learner.apply(gradients, &settings);
        let all = Tolerance::Stated(weights_tolerance, 0.0);
        for (queue, memory) in
            [("class_queue", learner.objective.class_memory()), ("patch_queue", learner.objective.patch_memory())]
        {
            if let Some(expected) = expected.get(&format!("step{step}.{queue}")) {
                let found: Vec<f32> = memory.embeddings().t().iter().copied().collect();
                all.check(&found, &expected.f32()).unwrap_or_else(|error| panic!("step {step}, {queue}: {error}"));
            }
        }
        check_weights(&learner.student, &expected, &format!("step{step}.student."), weights_tolerance);
        check_weights(&learner.teacher, &expected, &format!("step{step}.teacher."), weights_tolerance);
    }
    let last = iterations.len() - 1;
    let checked = check_weights(&learner.student, &expected, &format!("step{last}.student."), weights_tolerance);
    assert_eq!(checked, initial.len());
}
