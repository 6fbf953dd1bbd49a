//! From flags to the same jobs that configs make.

use anyhow::{Context, Result};
use sop_eval::knn::KnnParams;
use sop_eval::linear::LinearParams;
use sop_eval::logreg::LogregParams;
use sop_eval::retrieval::{Augmentation, CopyDetectionParams, Covariance, Expansion, RetrievalParams, WhiteningParams};
use sop_eval::tsne::TsneParams;
use sop_image::views::TrainCrops;
use sop_suite::encoders::read_description;
use sop_suite::evaluation::{
    Attention, AttentionData, AttentionParams, Copydays, CopydaysData, Davis, DavisData, DavisParams, Evaluation,
    FewLabels, ImageNet9, ImageNet9Data, ImageNet9Params, Job, Knn, Linear, Logreg, Retrieval, RetrievalData,
    SearchedIndex, TrainTest, Tsne, TsneData,
};
use sop_suite::{EncoderRequest, Gate, Sources};

use crate::args::{
    AttentionArgs, CopydaysArgs, DavisArgs, EvalOutput, FewLabelFlags, ImageNet9Args, KnnArgs, LabelledData,
    LinearArgs, LogregArgs, RetrievalArgs, SearchedIndexFlags, TsneArgs, VectorFlags, WhiteningFlags,
};

pub fn knn(args: &KnnArgs) -> Result<Job> {
    let params = KnnParams {
        k: args.k.clone(),
        temperature: args.temperature,
        leave_one_out: args.leave_one_out,
        bootstrap_resamples: args.output.bootstrap_resamples,
        seed: args.output.seed,
        search_mib: args.search_mib,
    };
    let few_labels = few_labels(&args.few_labels, &args.output);
    job(Box::new(Knn { data: data(&args.data), params, few_labels }), Some(&args.vectors), &args.output)
}

pub fn linear(args: &LinearArgs) -> Result<Job> {
    let params = LinearParams {
        learning_rates: args.learning_rates.clone(),
        epochs: args.epochs,
        batch: args.step_images,
        momentum: args.momentum,
        weight_decay: args.weight_decay,
        held_out: args.held_out,
        bootstrap_resamples: args.output.bootstrap_resamples,
        seed: args.output.seed,
    };
    let linear = Linear {
        data: data(&args.data),
        crops: args.random_crops.map(|size| TrainCrops { size, ..TrainCrops::default() }),
        params,
        few_labels: few_labels(&args.few_labels, &args.output),
        save_head: args.save_head.clone(),
        start: args.start.clone(),
    };
    job(Box::new(linear), Some(&args.vectors), &args.output)
}

pub fn logreg(args: &LogregArgs) -> Result<Job> {
    let scaling = serde_json::from_value(args.scaling.clone().into())
        .with_context(|| format!("--scaling {} is unknown", args.scaling))?;
    let params = LogregParams {
        penalties: args.penalties.clone(),
        scaling,
        intercept: !args.no_intercept,
        tolerance: args.tolerance,
        max_iterations: args.max_iterations,
        bootstrap_resamples: args.output.bootstrap_resamples,
        seed: args.output.seed,
    };
    let few_labels = few_labels(&args.few_labels, &args.output);
    job(Box::new(Logreg { data: data(&args.data), params, few_labels }), Some(&args.vectors), &args.output)
}

pub fn imagenet9(args: &ImageNet9Args) -> Result<Job> {
    let data = ImageNet9Data {
        root: args.root.clone(),
        variants: args.variants.clone(),
        head: args.head.clone(),
        mapping: args.mapping.clone(),
    };
    let params = ImageNet9Params { bootstrap_resamples: args.output.bootstrap_resamples, seed: args.output.seed };
    job(Box::new(ImageNet9 { data, params }), Some(&args.vectors), &args.output)
}

pub fn retrieval(args: &RetrievalArgs) -> Result<Job> {
    let location = |set: &Option<String>| set.as_deref().map(Sources::from);
    let data = RetrievalData {
        ground_truth: args.ground_truth.clone(),
        images: args.images.clone(),
        queries: location(&args.queries),
        database: location(&args.database),
        index: searched_index(&args.index),
        ranking: args.ranking.clone(),
        whitening_set: location(&args.whitening.whitening_set),
        query_crop: args.query_crop,
    };
    let (expansion, augmentation) = (Expansion::default(), Augmentation::default());
    let params = RetrievalParams {
        whitening: whitening(&args.whitening),
        query_expansion: args.expand.map(|neighbors| Expansion {
            neighbors,
            alpha: args.alpha.unwrap_or(expansion.alpha),
            ..expansion
        }),
        database_augmentation: args
            .augment
            .map(|neighbors| Augmentation { neighbors, alpha: args.augment_alpha.unwrap_or(augmentation.alpha) }),
        bootstrap_resamples: args.output.bootstrap_resamples,
        seed: args.output.seed,
    };
    job(Box::new(Retrieval { data, params }), Some(&args.vectors), &args.output)
}

pub fn copydays(args: &CopydaysArgs) -> Result<Job> {
    let data = CopydaysData {
        root: args.root.clone(),
        blocks: args.blocks.clone(),
        distractors: args.distractors.as_deref().map(Sources::from),
        whitening_set: args.whitening.whitening_set.as_deref().map(Sources::from),
    };
    let params = CopyDetectionParams {
        whitening: whitening(&args.whitening),
        bootstrap_resamples: args.output.bootstrap_resamples,
        seed: args.output.seed,
    };
    job(Box::new(Copydays { data, params }), Some(&args.vectors), &args.output)
}

fn searched_index(flags: &SearchedIndexFlags) -> Option<SearchedIndex> {
    Some(SearchedIndex {
        dir: flags.index.clone()?,
        collection: flags.collection.clone()?,
        k: flags.k,
        beam: flags.beam,
        exact: flags.exact,
    })
}

fn whitening(flags: &WhiteningFlags) -> Option<WhiteningParams> {
    flags.whitening_set.as_ref().map(|_| WhiteningParams {
        covariance: if flags.centred { Covariance::Centred } else { Covariance::Uncentred },
        dim: flags.whitening_dim,
    })
}

pub fn attention(args: &AttentionArgs) -> Result<Job> {
    let params = AttentionParams {
        mass: args.mass,
        count: args.count,
        bootstrap_resamples: args.output.bootstrap_resamples,
        seed: args.output.seed,
    };
    let data = AttentionData { images: args.images.as_str().into() };
    job(Box::new(Attention { data, params }), Some(&args.vectors), &args.output)
}

pub fn davis(args: &DavisArgs) -> Result<Job> {
    let data = DavisData {
        root: args.root.clone(),
        split: args.split.clone(),
        sequences: args.sequences.clone(),
        resolution: args.resolution.clone(),
        results: args.results.clone(),
    };
    let params = DavisParams {
        frames: args.frames,
        radius: args.radius,
        top_k: args.top_k,
        temperature: args.temperature,
        short_side: args.short_side,
        bootstrap_resamples: args.output.bootstrap_resamples,
        seed: args.output.seed,
    };
    job(Box::new(Davis { data, params }), Some(&args.vectors), &args.output)
}

pub fn tsne(args: &TsneArgs) -> Result<Job> {
    let init =
        serde_json::from_value(args.init.clone().into()).with_context(|| format!("--init {} is unknown", args.init))?;
    let params = TsneParams {
        perplexity: args.perplexity,
        dimensions: args.dimensions,
        init,
        iterations: args.iterations,
        seed: args.output.seed,
        ..TsneParams::default()
    };
    let data = TsneData { points: args.points.clone().into(), count: args.count, width: args.width.clone() };
    job(Box::new(Tsne { data, params }), Some(&args.vectors), &args.output)
}

fn data(flags: &LabelledData) -> TrainTest {
    let train = (!flags.train.is_empty()).then(|| Sources::from(flags.train.clone()));
    TrainTest { train, test: flags.test.clone().into() }
}

fn few_labels(flags: &FewLabelFlags, output: &EvalOutput) -> Option<FewLabels> {
    FewLabels::of(&flags.shots, &flags.percent, flags.train_list.clone(), flags.tries, output.seed)
}

fn job(evaluation: Box<dyn Evaluation>, vectors: Option<&VectorFlags>, output: &EvalOutput) -> Result<Job> {
    let encoder = vectors.and_then(|flags| {
        let location = flags.encoder.clone()?;
        let description = flags.description.as_deref().map(read_description).transpose();
        Some(description.map(|description| EncoderRequest {
            location,
            features: flags.feature.clone(),
            extraction: flags.extraction.values(),
            description,
        }))
    });
    let job = Job {
        evaluation,
        encoder: encoder.transpose()?,
        out: output.out.clone(),
        outcomes: output.outcomes,
        on_missing: None,
        gates: output.result.expect.iter().map(|gate| Gate::parse(gate)).collect::<Result<_, _>>()?,
    };
    job.check()?;
    Ok(job)
}
