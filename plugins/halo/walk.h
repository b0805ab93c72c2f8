// The order in which a source is read, and where a read stands: pure decisions, no network. A cursor is the
// whole memory of a read, so that any process can go on with it. A read is a row of passes, each a row of
// pages.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "entities.h"
#include "timestamp.h"

namespace psabridge::halo {

enum class Pass {
  open,     ///< open tickets
  closed,   ///< closed tickets
  all,      ///< everything, in pages
  changes,  ///< what changed since the cursor's time
  tail,     ///< what changed while the passes before it ran
  whole,    ///< everything in one answer
  ids       ///< every id in one answer
};

/// Which page of a pass comes next, and what is known of those before.
struct Position {
  Pass pass = Pass::all;
  std::int64_t limit = 100;           ///< rows asked for per page; constant for the whole pass
  std::int64_t page = 1;              ///< number of the next page
  std::int64_t consumed = 0;          ///< rows on the pages before it
  std::int64_t fullest = 0;           ///< rows on the fullest page: what the server really gives per page
  std::int64_t count = -1;            ///< rows of the pass, as the server last said; -1: it did not say
  std::int64_t retreats = 0;          ///< how often the walk went back because rows moved to the front
  bool moved = false;                 ///< the list grew or shrank while it was read
  std::int64_t restarts = 0;          ///< how often the pass began anew because of that
  std::vector<std::string> last_ids;  ///< of the page read last: a page without a new id is past the end

  /// The first page of a pass.
  static Position first(Pass pass, std::int64_t limit);
  /// Takes note of a page; true when the pass has more of them.
  bool advance(const Slicing& page_read);
  /// Rows that the server announced and did not give.
  std::int64_t missing() const noexcept { return count > consumed ? count - consumed : 0; }

 private:
  bool retreated(std::int64_t new_count);
};

/// A read that is not finished.
struct Walk {
  Position position;
  std::int64_t before = 0;  ///< rows of the passes before this one
  Milliseconds start = 0;   ///< the server's clock when this read began
  std::string newest;       ///< latest version seen; empty while records carry none
  std::map<std::string, std::string>
      looked;  ///< id -> version or fingerprint of what the look for changes gave
};

/// Where the reading of one entity stands.
struct Cursor {
  std::string since;  ///< every change before this time has been read; empty: a full read is due or under way
  std::map<std::string, std::string>
      seen;  ///< id -> version or fingerprint of what the last look for changes gave
  std::optional<Walk> walk;

  /// Empty text is a fresh cursor; a text that is not a cursor gives nothing.
  static std::optional<Cursor> parse(std::string_view text);
  std::string text() const;
};

/// The passes of one read, in order.
std::vector<Pass> plan(const Entity& entity, const Filters& filters, bool ids_only, bool full);

/// What one request of a pass asks for.
struct Question {
  const Entity& entity;
  const Filters& filters;
  bool ids_only;
  std::string custom_fields;  ///< ids, comma separated; empty: none
  std::string changed_from;   ///< for changes and tail
};
Query query_of(const Question& question, const Position& position);

/// Takes note of the versions of a page.
void remember(Walk& walk, std::span<const Row> rows);

struct Step {
  bool more;             ///< the walk goes on at its new position
  std::int64_t missing;  ///< rows that the server announced for the pass that ended here, and did not give
};
/// Goes on to the next page or pass. An answer that cannot be proved to be whole is read again in pages.
Step step(Walk& walk, const Slicing& page_read, std::span<const Pass> passes);
/// The cursor after a whole read. When nothing new came it equals the one before, so that nothing needs to be
/// written.
Cursor finished(const Cursor& before, const Walk& walk);

}  // namespace psabridge::halo
