// Where pages come from: the changes of an entity, its ids, the children of changed parents, or single
// records by id.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/plugin/roles.h"

namespace psabridge::pipeline {

/// A page with what its commit shall move.
struct SourcePage {
  plugin::PulledPage page;
  std::optional<std::string> cursor;         ///< new position after this page
  bool mark_seen = false;                    ///< the ids count for the search for deletions
  std::vector<std::string> settled_parents;  ///< parents whose children are all in this page
  Milliseconds read_at{0};                   ///< monotonic: when it was asked for
  bool single = false;                       ///< its records were read singly
  std::vector<std::string> hidden;           ///< ids that this connection may not see
};

/// A record that somebody brought along, whole.
struct GivenRecord {
  std::string source_id, version, text;
};

/// One thread at a time.
class PageSource {
 public:
  virtual ~PageSource() = default;
  /// The next page; nothing at the end. Throws Error when it cannot be had.
  virtual std::optional<SourcePage> next(const plugin::Stop& stop) = 0;
};

/// What to read, and with which patience. Referred-to objects outlive the source.
struct SourceSpec {
  plugin::Connector* connector = nullptr;
  std::string entity;
  std::string filters = "{}";  ///< resolved, JSON
  std::uint32_t page_size = 0;
  Clock* clock = nullptr;
};

/// Changes from `cursor` on; everything when it is empty. With `keep_cursor` each page moves the stored
/// position, marked with `stamp`.
struct ChangesWindow {
  std::string cursor;
  bool keep_cursor = true;
  std::string stamp;
  bool mark_seen = false;
};
std::unique_ptr<PageSource> changes_source(SourceSpec spec, ChangesWindow window);
/// Every id in the window.
std::unique_ptr<PageSource> ids_source(SourceSpec spec);
/// The children of these parents, some parents a page, whole families only.
std::unique_ptr<PageSource> children_source(SourceSpec spec, std::vector<std::string> parents);
/// Single records: those that exist as slices, those proven gone as deleted slices.
std::unique_ptr<PageSource> fetch_source(SourceSpec spec, std::vector<std::string> ids);
/// Records that are here already, in one page.
std::unique_ptr<PageSource> given_source(std::vector<GivenRecord> given, Milliseconds read_at);

}  // namespace psabridge::pipeline
