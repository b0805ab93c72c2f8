#include "tally.h"

#include <algorithm>

namespace psabridge::similar {
namespace {

constexpr Weight kMostOfPlace = bits(16);  // street, town and postcode depend on each other
// What a relative or colleague may have in common too: twins a birthday, couples a mailbox.
constexpr Weight kMostOfBirthday = bits(6.5), kMostOfMailbox = bits(4), kMostOfNumber = bits(14),
                 kMostUnnamed = bits(10);  // a birthday or mailbox, where a given name is not known
constexpr Weight kSpeaksFor = bits(1), kOwnContact = bits(6);  // less is what many share
constexpr Weight kSurer = bits(2);
constexpr Weight kRecordsPerThing = bits(4);

}  // namespace

Weight prior(std::uint64_t records) noexcept {
  return -std::clamp(log2_of(records) - kRecordsPerThing, bits(6), bits(17));
}

void Tally::note(Group group, const Finding& finding) noexcept {
  total_ += finding.weight;
  groups_[static_cast<std::size_t>(group)] += finding.weight;
  veto_ = veto_ || finding.veto;
  other_name_ = other_name_ || finding.other_name;
  other_member_ = other_member_ || finding.other_member;
  elsewhere_ = elsewhere_ || finding.elsewhere;
  other_place_ = other_place_ || finding.other_place;
  whole_ = whole_ || finding.whole;
  differs_ = differs_ || finding.weight < 0;
  other_make_ = other_make_ || finding.other_make;
}

void Tally::add(Kind kind, const Finding& finding) noexcept {
  const Group group = model_of(kind).group;
  note(group, finding);
  supporting_ += finding.weight >= kSpeaksFor ? 1 : 0;
  if (kind == Kind::date) birthday_ += finding.weight;
  if (kind == Kind::email) email_ += finding.weight, same_mailbox_ = finding.weight > kMostUnnamed;
  if (kind == Kind::belongs_to) colleagues_ = finding.weight > 0;
  if (kind == Kind::domain) domain_ += finding.weight;
  if (kind == Kind::unique_id) same_number_ = finding.level == Level::equal, other_number_ = finding.veto;
  if (kind == Kind::identifier || kind == Kind::unique_id) {
    personal_ += std::min(finding.weight, kMostOfNumber);
    if (finding.weight > 0) number_agrees_ = true;
    if (finding.level == Level::differ) other_tag_ = true;
  }
  if (group == Group::identity && finding.weight > 0) tag_agrees_ = true;
  const bool model = kind == Kind::text && subject_ == Subject::device;
  if (model || kind == Kind::category || kind == Kind::maker || kind == Kind::belongs_to)
    fleet_ += std::max<Weight>(finding.weight, 0);
  if (kind == Kind::company) company_ += finding.weight, company_agrees_ = finding.weight > 0;
  const bool neighbour = kind == Kind::address && finding.level == Level::partly;  // the town or street alone
  if (group == Group::place && (finding.level == Level::differ || neighbour)) place_differs_ = true;
  if (group == Group::contact && finding.weight >= kOwnContact && kind != Kind::domain)
    contact_agrees_ = true;
}

void Tally::add(const PersonFinding& finding) noexcept {
  note(Group::name, finding.given), note(Group::name, finding.surname);
  unsure_person_ = finding.given.weight <= 0 || finding.surname.level == Level::differ;
  personal_ += finding.given.weight + std::min<Weight>(finding.surname.weight, 0);
  supporting_ += finding.given.weight + finding.surname.weight >= kSpeaksFor ? 1 : 0;
  other_person_ = other_person_ || finding.other_person;
}

void Tally::take(std::vector<Correction>& corrections, Weight weight, std::string_view name,
                 std::string_view reason) {
  if (weight <= 0) return;
  total_ -= weight;
  corrections.push_back({-weight, name, reason});
}

std::vector<Tally::Correction> Tally::correct(Weight merge, Weight review) {
  std::vector<Correction> corrections;
  const auto at_most = [&](Weight limit, std::string_view name, std::string_view reason) {
    take(corrections, total_ - limit, name, reason);
  };
  const Weight for_review = merge - 1, for_nobody = review - 1;
  at_most(total_ - of(Group::place) + std::min(of(Group::place), kMostOfPlace), "address",
          "The parts of an address say much the same.");
  // Against a relative or colleague speaks only what these do not share. An address much like another at one
  // organisation is a role's or a colleague's, for it is made of the name.
  const Weight email = colleagues_ && !same_mailbox_ ? std::min<Weight>(email_, 0) : email_;
  if (other_person_ || unsure_person_)
    at_most(personal_ + std::min(email, other_person_ ? kMostOfMailbox : kMostUnnamed) +
                std::min(birthday_, other_person_ ? kMostOfBirthday : kMostUnnamed),
            "household", "Relatives and colleagues share surname, address, telephone and employer.");
  const bool name_is_enough =
      whole_ && !differs_ && total_ >= merge + kSurer;  // several words are several things
  if (supporting_ < 2 && !name_is_enough) at_most(for_review, "evidence", "Only one thing speaks for it.");
  if (subject_ != Subject::named && !tag_agrees_) {
    take(corrections, fleet_, "fleet", "Things of one owner and kind are alike.");
    at_most(for_review, "tag", "No tag or number of its own agrees.");
  }
  if (subject_ != Subject::named && !number_agrees_ && (other_make_ || other_tag_))
    at_most(for_review, "successor", "Another make or another tag: a new thing may have an old one's name.");
  if (same_number_) return corrections;  // names and places change, the number stays
  if (other_number_ && (other_member_ || other_name_ || other_place_))
    at_most(for_nobody, "number", "Another number and another name: another firm or person.");
  if (other_member_)
    at_most(for_review, "group", "The names are of two members of a group, or two of a series.");
  if (other_name_)
    at_most(for_review, "name",
            "The names are two: what they share may be a group's, a partner's or a successor's.");
  if (other_place_ || (company_agrees_ && place_differs_ && !contact_agrees_)) {
    take(corrections, std::min(company_, domain_), "chain", "Branches share their name and their domain.");
    at_most(for_review, "branch", "The same name at another place may be another branch.");
  }
  if (elsewhere_ && !same_mailbox_)
    at_most(for_review, "organisation", "One person at two organisations is linked, not joined.");
  return corrections;
}

}  // namespace psabridge::similar
