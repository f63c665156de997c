//! The list of links, page by page (215/2112, 215/15776); when it is complete is said by `rows`.

use crate::cloud::{
    CloudError, Kind, LinkList, LinkScope,
    rows::{Row, Rows},
};

/// No list is read further than this: 100,000 links by the smaller pages of the API v2, twice what one operator is made
/// for.
const MOST_PAGES: usize = 2000;

/// A page of links.
pub(super) struct Page {
    /// How many links there are, over all pages.
    pub(super) total: usize,
    /// The rows.
    pub(super) rows: Vec<Row>,
}

/// A list that is being read: asks for a page, takes what came, until there is nothing more to ask.
pub(super) struct Reading<'a> {
    scope: &'a LinkScope,
    rows: Rows,
}

impl<'a> Reading<'a> {
    pub(super) fn new(scope: &'a LinkScope) -> Self {
        Self { scope, rows: Rows::default() }
    }

    /// The offset of the next page; `None` at the end.
    pub(super) fn next(&self) -> Option<usize> {
        (!self.rows.ended() && self.rows.pages() < MOST_PAGES).then_some(self.rows.read())
    }

    /// Takes the answer to what was asked last.
    pub(super) fn take(&mut self, answer: Result<Page, CloudError>) -> Result<(), CloudError> {
        match answer {
            Ok(page) => self.rows.take(Some(page.total), page.rows),
            Err(error) if self.rows.pages() == 0 => self.take_refusal(error)?,
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Takes the refusal of the first page for the empty list that it stands for, if it stands for one.
    fn take_refusal(&mut self, error: CloudError) -> Result<(), CloudError> {
        if error.code == "InvalidLanIp.NotFound" {
            // A code of the API v2 about an address, which was not asked for.
            self.rows.take_nothing();
        } else if error.kind == Kind::Missing && matches!(self.scope, LinkScope::Vpc(_)) {
            // A VPC that has links cannot be deleted, so one that does not exist has none.
            self.rows.take(Some(0), Vec::new());
        } else {
            return Err(error);
        }
        Ok(())
    }

    /// What was read.
    pub(super) fn finish(self) -> LinkList {
        self.rows.finish()
    }
}

#[cfg(test)]
mod tests;
