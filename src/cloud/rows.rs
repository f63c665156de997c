//! Links read page by page, and whether they are all of them: the one place where an absence is made.
//!
//! No cloud's list has a snapshot or an order that holds: rows move between pages while it is read. So a machine that is
//! not in it counts as not linked only if one page held everything, or as many distinct machines were read as a total that
//! never changed. A row that cannot be understood may be any machine, and makes the list incomplete. The sample in Alibaba
//! Cloud's own document has a total of two and one row: a total that is not reached proves nothing.

use std::collections::{HashMap, HashSet, hash_map::Entry};

use super::LinkList;
use crate::link::{InstanceId, LinkRow};

/// A row; `None` for one that names machine or VPC by no id that can be used.
pub(super) type Row = Option<(InstanceId, LinkRow)>;

/// What was read so far.
#[derive(Debug, Default)]
pub(super) struct Rows {
    known: HashMap<InstanceId, LinkRow>,
    /// Machines of which two different rows were read.
    contradictory: HashSet<InstanceId>,
    pages: usize,
    /// Rows, understood or not, the same ones twice included.
    read: usize,
    total: Option<usize>,
    /// A row was not understood, or the total changed, or was not told.
    doubtful: bool,
    ended: bool,
}

impl Rows {
    /// How many pages were read.
    pub(super) const fn pages(&self) -> usize {
        self.pages
    }

    /// How many rows were read, understood or not, the same ones twice included: the next offset.
    pub(super) const fn read(&self) -> usize {
        self.read
    }

    /// Whether there is nothing more to read.
    pub(super) const fn ended(&self) -> bool {
        self.ended
    }

    /// Takes a page, and how many links there are over all pages, if it says so.
    pub(super) fn take(&mut self, total: Option<usize>, page: Vec<Row>) {
        self.doubtful |= total.is_none() || (self.pages > 0 && total != self.total);
        self.total = total;
        self.pages += 1;
        self.read += page.len();
        self.ended = page.is_empty() || total.is_some_and(|total| self.read >= total);
        for row in page {
            self.take_row(row);
        }
    }

    /// Takes an answer that lists nothing, and proves nothing by that.
    pub(super) fn take_nothing(&mut self) {
        self.take(None, Vec::new());
    }

    fn take_row(&mut self, row: Row) {
        let Some((instance, row)) = row else {
            self.doubtful = true;
            return;
        };
        match self.known.entry(instance) {
            Entry::Vacant(free) => drop(free.insert(row)),
            Entry::Occupied(taken) if *taken.get() == row => {}
            Entry::Occupied(taken) => drop(self.contradictory.insert(taken.key().clone())),
        }
    }

    /// What was read.
    pub(super) fn finish(mut self) -> LinkList {
        let everything = match self.total {
            Some(total) if self.pages > 1 => self.known.len() == total,
            Some(total) => self.read >= total,
            None => false,
        };
        // Which row of two is true, another list tells.
        self.known.retain(|instance, _| !self.contradictory.contains(instance));
        LinkList { rows: self.known, complete: everything && !self.doubtful && self.contradictory.is_empty() }
    }
}
