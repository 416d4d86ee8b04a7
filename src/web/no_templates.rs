//! Without the feature `templates` every page is regain's own.

use askama::Template;

/// A page.
pub(super) trait Page: Template {}

impl<T: Template> Page for T {}

/// None.
#[derive(Debug, Clone, Default)]
pub(super) struct Templates(());

impl Templates {
    #[expect(clippy::unused_self, reason = "with the feature it has pages")]
    pub(super) fn render(&self, _: &impl Page) -> Option<String> {
        None
    }
}
