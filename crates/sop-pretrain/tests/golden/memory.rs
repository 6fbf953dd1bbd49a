//! Case 05: support embeddings, contributions, probabilities, losses and gradients.

use std::collections::BTreeMap;
use std::path::Path;

use burn::tensor::{Device, Int, Tensor, TensorData};
use ndarray::Array2;
use sop_core::shared_folder::golden_case;
use sop_core::tolerance::Tolerance;
use sop_pretrain::objective::{MaskedPatches, TeacherTemperatures, ViewEmbeddings};
use sop_pretrain::sop::{
    AnchorDraw, Contribution, Distributions, Memory, Prototypes, Sop, SopConfig, StepDraws, SupportSearch, TaskConfig,
};

use super::device::device;
use super::tensors::{Stored, json, read, values};

struct Case {
    input: BTreeMap<String, Stored>,
    expected: BTreeMap<String, Stored>,
    losses: serde_json::Value,
    case: serde_json::Value,
}

impl Case {
    fn read(folder: &Path, expected: &str) -> Self {
        Self {
            input: read(&folder.join("input.safetensors")),
            expected: read(&folder.join(expected)),
            losses: json(&folder.join("expected_values.json")),
            case: json(&folder.join("case.json")),
        }
    }

    fn size(&self, name: &str) -> usize {
        self.case["config"][name].as_u64().unwrap() as usize
    }

    fn tolerance(&self, name: &str) -> Tolerance {
        Tolerance::Stated(self.case["tolerance"][name].as_f64().unwrap(), 0.0)
    }

    /// `2e-6 + 1e-4 relative`.
    fn gradient_tolerance(&self) -> Tolerance {
        let text = self.case["tolerance"]["grad_abs"].as_str().unwrap();
        let numbers: Vec<f64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        Tolerance::Stated(numbers[0], numbers[1])
    }

    fn config(&self, support: usize) -> SopConfig {
        let tasks = self.size("num_tasks");
        SopConfig {
            class: TaskConfig { memory: self.size("K"), anchors: self.size("anchors"), support, tasks, weight: 1.0 },
            patch: TaskConfig {
                memory: self.size("patch_K"),
                anchors: self.size("patch_anchors"),
                support: 0,
                tasks: 1,
                weight: 1.0,
            },
            smoothing: self.case["config"]["smoothing"].as_f64().unwrap(),
            ..SopConfig::default()
        }
    }

    fn memory(&self, name: &str) -> Memory {
        Memory::from_parts(self.input[name].matrix().reversed_axes().as_standard_layout().to_owned(), 0).unwrap()
    }

    fn draws(&self, prefix: &str) -> Vec<AnchorDraw> {
        let tasks = 0..self.size("num_tasks");
        tasks
            .map(|task| self.draw(&self.input["permutation"].at(task), "anchors", &format!("{prefix}.task{task}")))
            .collect()
    }

    fn draw(&self, permutation: &Stored, anchors: &str, key: &str) -> AnchorDraw {
        let all = AnchorDraw::all(permutation.indices()[..self.size(anchors)].to_vec());
        match self.expected.get(&format!("{key}.low_energy_draw")) {
            Some(kept) => AnchorDraw { kept: kept.indices(), ..all },
            None => all,
        }
    }

    /// Everything of the class task that the case stores under `key`.
    fn check_task(&self, key: &str, prototypes: &Prototypes, memory: &Memory, temperatures: (f64, f64)) {
        let device = device();
        if let Some(columns) = self.expected.get(&format!("{key}.selected_memory_columns")) {
            assert_eq!(prototypes.slots.iter().copied().collect::<Vec<_>>(), columns.indices(), "{key}");
        }
        if let Some(scores) = self.expected.get(&format!("{key}.scores")) {
            let found: Vec<f32> = prototypes.own.iter().copied().collect();
            self.tolerance("Y_abs")
                .check(&found, &scores.f32())
                .unwrap_or_else(|error| panic!("{key}.scores: {error}"));
        }
        if let Some(labels) = self.expected.get(&format!("{key}.Y")) {
            let found: Vec<f32> = dense(prototypes).into_iter().collect();
            self.tolerance("Y_abs").check(&found, &labels.f32()).unwrap_or_else(|error| panic!("{key}.Y: {error}"));
        }
        let distributions = Distributions::new(prototypes, memory, &device);
        for (who, temperature) in [("student", temperatures.0), ("teacher", temperatures.1)] {
            let name = format!("{key}.{who}_probs");
            let embeddings = self.input[&format!("{who}_cls")].tensor(&device);
            let found = values(distributions.of(embeddings, temperature));
            let expected = self.expected[&name].f32();
            self.tolerance("probs_abs").check(&found, &expected).unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    }

    fn masked(&self) -> MaskedPatches {
        MaskedPatches::of(&self.input["mask"].bools(), self.input["teacher_patch"].shape[1])
    }

    /// What the teacher gives; the student's are the teacher's too.
    fn teacher_views(&self, masked: &MaskedPatches, pushed: &[usize]) -> ViewEmbeddings {
        let device = device();
        let patches = self.input["teacher_patch"].tensor::<3>(&device);
        let teacher_masked = rows(&patches, &masked.places);
        let pushed: Vec<_> =
            pushed.iter().enumerate().map(|(image, patch)| (self.size("batch") + image, *patch)).collect();
        ViewEmbeddings {
            student_global: self.input["student_cls"].tensor(&device),
            teacher_global: self.input["teacher_cls"].tensor(&device),
            student_masked: teacher_masked.clone(),
            teacher_masked,
            mask_weights: masked.weights.clone(),
            teacher_kept: rows(&patches, &pushed),
            teacher_patch_mean: None,
        }
    }

    fn step(&self, config: SopConfig, draws: StepDraws, teacher_temperature: f64) -> Step {
        let device = device().autodiff();
        let leaf = |tensor: Tensor<2>| tensor.require_grad();
        let student_global = leaf(self.input["student_cls"].tensor(&device));
        let student_patches = self.input["student_patch"].tensor::<3>(&device).require_grad();
        let masked = self.masked();
        let views = ViewEmbeddings {
            student_global: student_global.clone(),
            student_masked: rows(&student_patches, &masked.places),
            ..self.teacher_views(&masked, &draws.patch_tokens)
        };
        let sop = Sop::with_memories(config, self.memory("memory"), self.memory("patch_memory")).unwrap();
        let step = sop.step(draws, &device).unwrap();
        let loss = step.losses(&views, TeacherTemperatures::both(teacher_temperature)).unwrap();
        let gradients = loss.total.backward();
        let scalar = |term: &Tensor<1>| f64::from(values(term.clone())[0]);
        Step {
            class: loss.class.as_ref().map(scalar),
            patch: loss.patch.as_ref().map(scalar),
            class_gradient: student_global.grad(&gradients).map(values),
            patch_gradient: student_patches.grad(&gradients).map(values),
        }
    }
}

struct Step {
    class: Option<f64>,
    patch: Option<f64>,
    class_gradient: Option<Vec<f32>>,
    patch_gradient: Option<Vec<f32>>,
}

/// Some patches of `[images, patches, dim]`.
fn rows(patches: &Tensor<3>, places: &[(usize, usize)]) -> Tensor<2> {
    let [images, count, dim] = patches.dims();
    let indices: Vec<i64> = places.iter().map(|(image, patch)| (image * count + patch) as i64).collect();
    let indices: Tensor<1, Int> = Tensor::from_data(TensorData::new(indices, [places.len()]), &patches.device());
    patches.clone().reshape([images * count, dim]).select(0, indices)
}

/// Y as a matrix, `[K * m, K]`.
fn dense(prototypes: &Prototypes) -> Array2<f32> {
    let (anchors, members) = prototypes.own.dim();
    Array2::from_shape_fn((anchors * members, anchors), |(row, column)| {
        let member = [row / members, row % members];
        if member[0] == column { prototypes.own[member] } else { prototypes.other[member] }
    })
}

fn temperatures(text: &str) -> f64 {
    text.rsplit("tt").next().unwrap().parse().unwrap()
}

#[test]
fn golden_released_code() {
    let Some(folder) = golden_case("05_sop_memory") else { return };
    let case = Case::read(&folder, "expected.safetensors");
    let memory = case.memory("memory");
    let variants = case.losses["released_code"].as_object().unwrap();
    assert!(!variants.is_empty());
    for (prefix, expected) in variants {
        let experts: usize = prefix.split("_E").nth(1).unwrap().split('_').next().unwrap().parse().unwrap();
        let config = case.config(experts - 1);
        let student = expected["student_temp"].as_f64().unwrap();
        let teacher = expected["teacher_temp"].as_f64().unwrap();
        assert_eq!(config.student_temperature, student);
        assert_eq!(temperatures(prefix), teacher);
        // Slots and Y are stored for the first temperature only: they do not depend on it, and neither does the draw.
        let without = prefix.rsplit_once("_tt").unwrap().0;
        let drawn = variants.keys().find(|other| other.starts_with(without)).unwrap();
        let draws = case.draws(drawn);
        for (task, draw) in draws.iter().enumerate() {
            let prototypes = Prototypes::build(&memory, draw, &config, &config.class).unwrap();
            case.check_task(&format!("{prefix}.task{task}"), &prototypes, &memory, (student, teacher));
        }
        let patch = case.draw(&case.input["patch_permutation"], "patch_anchors", "");
        let batch = case.size("batch");
        let draws = StepDraws { class: draws, patch: vec![patch], patch_tokens: vec![0; batch] };
        let step = case.step(config, draws, teacher);
        let close = |found: Option<f64>, name: &str| {
            let difference = (found.unwrap() - expected[name].as_f64().unwrap()).abs();
            assert!(
                difference <= case.case["tolerance"]["loss_abs"].as_f64().unwrap(),
                "{prefix}.{name}: {difference}"
            );
        };
        close(step.class, "cls_ce");
        close(step.patch, "patch_ce");
        for (name, found) in [("grad_student_cls", step.class_gradient), ("grad_student_patch", step.patch_gradient)] {
            if let Some(expected) = case.expected.get(&format!("{prefix}.{name}")) {
                case.gradient_tolerance()
                    .check(&found.unwrap(), &expected.f32())
                    .unwrap_or_else(|error| panic!("{prefix}.{name}: {error}"));
            }
        }
    }
}

#[test]
fn golden_patch_task() {
    let Some(folder) = golden_case("05_sop_memory") else { return };
    let case = Case::read(&folder, "expected.safetensors");
    let config = case.config(0);
    let memory = case.memory("patch_memory");
    let draw = case.draw(&case.input["patch_permutation"], "patch_anchors", "");
    let prototypes = Prototypes::build(&memory, &draw, &config, &config.patch).unwrap();
    for (key, stored) in case.expected.iter().filter(|(key, _)| key.contains(".patch.")) {
        let (prefix, name) = key.split_once(".patch.").unwrap();
        let device: Device = device();
        let distributions = Distributions::new(&prototypes, &memory, &device);
        let of = |who: &str, temperature: f64| {
            let embeddings: Tensor<3> = case.input[&format!("{who}_patch")].tensor(&device);
            let [_, patches, dim] = embeddings.dims();
            values(distributions.of(embeddings.narrow(0, 0, 2).reshape([2 * patches, dim]), temperature))
        };
        match name {
            "Y" => case.tolerance("Y_abs").check(&dense(&prototypes).into_iter().collect::<Vec<_>>(), &stored.f32()),
            "selected_memory_columns" => {
                assert_eq!(prototypes.slots.iter().copied().collect::<Vec<_>>(), stored.indices());
                Ok(())
            }
            "student_probs_first2" => {
                case.tolerance("probs_abs").check(&of("student", config.student_temperature), &stored.f32())
            }
            "teacher_probs_first2" => {
                case.tolerance("probs_abs").check(&of("teacher", temperatures(prefix)), &stored.f32())
            }
            other => panic!("unknown entry {other}"),
        }
        .unwrap_or_else(|error| panic!("{key}: {error}"));
    }
}

#[test]
fn golden_paper_pseudo_code() {
    let Some(folder) = golden_case("05_sop_memory") else { return };
    let case = Case::read(&folder, "expected_paper_A1.safetensors");
    let memory = case.memory("memory");
    for (prefix, expected) in case.losses["paper_A1"].as_object().unwrap() {
        let support: usize = prefix.split("_SE").nth(1).unwrap().split('_').next().unwrap().parse().unwrap();
        let mut config = SopConfig {
            search: SupportSearch::WholeMemory,
            contribution: Contribution::OneHot,
            ..case.config(support)
        };
        config.class.tasks = 1;
        config.patch.support = 1;
        config.patch.weight = 0.0;
        let draw = case.draw(&case.input["permutation"].at(0), "anchors", prefix);
        let prototypes = Prototypes::build(&memory, &draw, &config, &config.class).unwrap();
        let teacher = temperatures(prefix);
        case.check_task(prefix, &prototypes, &memory, (config.student_temperature, teacher));
        if let Some(labels) = case.expected.get(&format!("{prefix}.label_value_on_off")) {
            let found = [prototypes.own[[0, 0]], prototypes.other[[0, 0]]];
            case.tolerance("Y_abs").check(&found, &labels.f32()).unwrap();
        }
        let draws = StepDraws { class: vec![draw], patch: Vec::new(), patch_tokens: vec![0; case.size("batch")] };
        let step = case.step(config, draws, teacher);
        let difference = (step.class.unwrap() - expected["cls_ce"].as_f64().unwrap()).abs();
        assert!(difference <= case.case["tolerance"]["loss_abs"].as_f64().unwrap(), "{prefix}: {difference}");
        let expected = case.expected[&format!("{prefix}.grad_student_cls")].f32();
        case.gradient_tolerance()
            .check(&step.class_gradient.unwrap(), &expected)
            .unwrap_or_else(|error| panic!("{prefix}: {error}"));
    }
}

#[test]
fn golden_queue() {
    let Some(folder) = golden_case("05_sop_memory") else { return };
    let stored = read(&folder.join("queue_update.safetensors"));
    let column_major = |name: &str| stored[name].matrix().reversed_axes().as_standard_layout().to_owned();
    let mut memory = Memory::from_parts(column_major("initial"), 0).unwrap();
    let mut step = 0;
    while let Some(keys) = stored.get(&format!("step{step}.keys")) {
        memory.push(keys.matrix().view()).unwrap();
        assert_eq!(memory.embeddings(), column_major(&format!("step{step}.queue")), "step {step}");
        assert_eq!(memory.next_slot(), stored[&format!("step{step}.ptr")].indices()[0], "step {step}");
        step += 1;
    }
    assert!(step > 1);
}
