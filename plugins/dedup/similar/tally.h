// The weight of a pair: what its fields say, put together with what they say about each other.
#pragma once
#include <array>
#include <psabridge/plugin.hpp>
#include <string_view>
#include <utility>
#include <vector>

#include "agreement.h"
#include "settings.h"

namespace psabridge::similar {

/// log2 of the odds that two records which met are one, before anything is known of them: the more records,
/// the more meet by chance.
Weight prior(std::uint64_t records) noexcept;

/// What records are of: a person or firm, which its name tells from others; a thing, which only a tag or
/// number of its own does; or a device, a thing of which others have the same description.
enum class Subject : std::uint8_t { named, thing, device };

/// Takes the findings of one pair, one after the other.
class Tally {
 public:
  Tally(Weight prior, Subject subject) noexcept : total_(prior), subject_(subject) {}

  void add(Kind kind, const Finding& finding) noexcept;
  void add(const PersonFinding& finding) noexcept;

  /// Without corrections, which only take away.
  Weight total() const noexcept { return total_; }
  bool veto() const noexcept { return veto_; }

  /// A weight taken away, and why.
  struct Correction {
    Weight weight;
    std::string_view name, reason;
  };
  /// Corrections for what fields say about each other; the total has them afterwards. `merge` and `review`:
  /// the weights from which two records are joined, and from which a person is asked.
  std::vector<Correction> correct(Weight merge, Weight review);

 private:
  void note(Group group, const Finding& finding) noexcept;
  void take(std::vector<Correction>& corrections, Weight weight, std::string_view name,
            std::string_view reason);
  Weight of(Group group) const noexcept { return groups_[static_cast<std::size_t>(group)]; }

  Weight total_;
  Subject subject_;
  std::array<Weight, kGroups> groups_{};
  Weight personal_ = 0;  // what relatives and colleagues do not share
  Weight email_ = 0, birthday_ = 0, company_ = 0, domain_ = 0;
  Weight fleet_ = 0;    // what things of one kind and owner share
  int supporting_ = 0;  // fields that speak for it
  bool same_number_ = false, same_mailbox_ = false, colleagues_ = false;
  bool veto_ = false, other_person_ = false, other_name_ = false, other_member_ = false, other_place_ = false,
       elsewhere_ = false, unsure_person_ = false, whole_ = false, differs_ = false, other_make_ = false,
       other_number_ = false;
  bool tag_agrees_ = false, other_tag_ = false, number_agrees_ = false, company_agrees_ = false,
       place_differs_ = false, contact_agrees_ = false;
};

}  // namespace psabridge::similar
