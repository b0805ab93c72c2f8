// The table of what Halo offers: where each entity is read, how its lists behave and which filters Halo can
// apply itself.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "slicer.h"

namespace psabridge::halo {

/// How the records of an entity are read.
enum class Reading {
  passes,   ///< tickets: open ones, then closed ones, in pages; afterwards changes since a time
  pages,    ///< all in pages; afterwards changes since a time
  whole,    ///< a short list, read whole each time
  children  ///< one list per parent record
};

using Query = std::vector<std::pair<std::string, std::string>>;

/// A filter of the YAML that Halo can apply: ids only, because Halo's parameters take no names.
struct FilterParameter {
  std::string_view filter;
  std::string_view one;   ///< parameter for a single id; empty: none
  std::string_view many;  ///< parameter for a comma list; empty: several ids are left to the host
};

struct Entity {
  std::string_view name;      ///< canonical: "contact"
  std::string_view resource;  ///< Halo's: "Users"
  RowForm form;
  Reading reading = Reading::whole;
  std::uint32_t page_limit = 100;     ///< rows that Halo gives at most, whatever is asked
  bool custom_fields = false;         ///< lists carry custom fields when asked by id
  bool id_list = false;               ///< `idonly=true` lists every id at once
  std::string_view scope = {};        ///< right that reading needs
  std::string_view fixed_query = {};  ///< always sent: "showall=true"
  std::span<const FilterParameter> filters = {};
};

/// Null when Halo has no such entity.
const Entity* find_entity(std::string_view name) noexcept;
std::span<const Entity> all_entities() noexcept;

/// The filters of one pull, as far as they matter here. A name in a list is kept and makes that filter the
/// host's work.
class Filters {
 public:
  /// `json`: an object; what is not understood is ignored, because the host filters again.
  explicit Filters(std::string_view json);

  bool wants_open() const noexcept { return open_ != Choice::no; }
  bool wants_closed() const noexcept { return open_ != Choice::yes; }
  bool open_first() const noexcept { return open_first_; }
  /// Each record in its full form, at a request each.
  bool details() const noexcept { return details_; }
  /// RFC 3339, or empty.
  const std::string& since() const noexcept { return since_; }
  /// Only what changed since this time is wanted, closed or not; RFC 3339, or empty.
  const std::string& changed_since() const noexcept { return changed_since_; }
  /// Parameters for a full read: what shall be left out of it already at the source.
  Query pushed_down(const Entity& entity) const;

 private:
  enum class Choice { any, yes, no };
  struct Listed {
    std::string filter;
    std::vector<std::string> ids;  // empty when one of the values is a name
  };
  const std::vector<std::string>& ids_of(std::string_view filter) const;
  Query activity(const Entity& entity) const;

  Choice open_ = Choice::any, active_ = Choice::any;
  bool open_first_ = true, details_ = false;
  std::string since_, changed_since_;
  std::vector<Listed> listed_;
};

/// A text as a part of an address.
std::string encoded(std::string_view text);
/// "a=1&b=x%20y".
std::string encoded(const Query& query);

}  // namespace psabridge::halo
