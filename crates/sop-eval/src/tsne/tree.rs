//! A tree over the points of a map, in the order of a curve through them.

use super::morton::CurveOrder;

/// Points of a node that is not split further.
const LEAF_POINTS: usize = 4;
/// Points that are repelled together.
const GROUP_POINTS: usize = 64;

/// A quadtree or octree, each of whose cells is split one axis after the other, without the cells that split nothing.
pub(super) struct Tree<const D: usize> {
    /// The coordinates of the points, axis by axis, in the order of the curve.
    pub points: [Vec<f32>; D],
    /// Row of the map of each point.
    pub rows: Vec<u32>,
    /// Every node before those below it.
    pub nodes: Vec<Node<D>>,
    /// Points that are near each other, every point in one group, in the order of the curve.
    pub groups: Vec<Group<D>>,
}

/// The points of a cell.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node<const D: usize> {
    /// The mean of the points.
    pub centre: [f32; D],
    /// The longest side of the box around the points.
    pub width: f32,
    /// First point.
    pub first: u32,
    /// Number of points.
    pub count: u32,
    /// The next node that is not below this one.
    pub next: u32,
}

/// Points and the box around them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Group<const D: usize> {
    /// First point.
    pub first: usize,
    /// Number of points.
    pub count: usize,
    /// Lowest coordinates.
    pub low: [f32; D],
    /// Highest coordinates.
    pub high: [f32; D],
}

impl<const D: usize> Tree<D> {
    /// Builds the tree of the points of a map, which are finite and at least one.
    pub fn new(map: &[[f32; D]]) -> Self {
        let order = CurveOrder::new(map);
        let rows: Vec<u32> = order.rows().collect();
        let points = std::array::from_fn(|axis| rows.iter().map(|&row| map[row as usize][axis]).collect());
        let mut tree = Self { points, rows, nodes: Vec::with_capacity(map.len() / 2), groups: Vec::new() };
        tree.add(&order, 0, map.len(), false);
        tree
    }

    /// Adds the node of the points `first..end` and those below it; gives the box around them.
    fn add(&mut self, order: &CurveOrder, first: usize, end: usize, is_grouped: bool) -> [[f32; D]; 2] {
        let count = end - first;
        let is_group = !is_grouped && count <= GROUP_POINTS;
        let (place, group) = (self.nodes.len(), self.groups.len());
        let mut node = Node { centre: [0.0; D], width: 0.0, first: first as u32, count: count as u32, next: 0 };
        self.nodes.push(node);
        if is_group {
            self.groups.push(Group { first, count, low: [0.0; D], high: [0.0; D] });
        }
        let [low, high] = if count <= LEAF_POINTS {
            self.measure_leaf(&mut node)
        } else {
            let middle = order.halves(first, end);
            let left = self.add(order, first, middle, is_grouped || is_group);
            let right_place = self.nodes.len();
            let right = self.add(order, middle, end, is_grouped || is_group);
            let share = (end - middle) as f32 / count as f32;
            let (of_left, of_right) = (self.nodes[place + 1].centre, self.nodes[right_place].centre);
            node.centre = std::array::from_fn(|axis| of_left[axis] + share * (of_right[axis] - of_left[axis]));
            [
                std::array::from_fn(|axis| left[0][axis].min(right[0][axis])),
                std::array::from_fn(|axis| left[1][axis].max(right[1][axis])),
            ]
        };
        node.width = (0..D).fold(0.0, |width: f32, axis| width.max(high[axis] - low[axis]));
        node.next = self.nodes.len() as u32;
        self.nodes[place] = node;
        if is_group {
            self.groups[group] = Group { low, high, ..self.groups[group] };
        }
        [low, high]
    }

    /// Sets the centre of a leaf; gives the box around its points.
    fn measure_leaf(&self, node: &mut Node<D>) -> [[f32; D]; 2] {
        let (mut low, mut high) = ([0.0; D], [0.0; D]);
        for axis in 0..D {
            let values = &self.points[axis][node.first as usize..(node.first + node.count) as usize];
            low[axis] = values.iter().copied().fold(f32::INFINITY, f32::min);
            high[axis] = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            // Differences from one of them keep their digits where the points are far from the origin.
            let mean = values.iter().map(|value| value - low[axis]).sum::<f32>() / values.len() as f32;
            node.centre[axis] = low[axis] + mean;
        }
        [low, high]
    }
}
