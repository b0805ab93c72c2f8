#include "core/pipeline/effects.h"

#include <catch2/catch_test_macros.hpp>
#include <vector>

using namespace psabridge;
using namespace psabridge::pipeline;
using store::Action;
using store::Change;

namespace {

const ContentHash kHash{1, 2, 3};
const ContentHash kOther{1, 2, 4};

std::string hash_of(const std::vector<Change>& changes) {
  Effects effects;
  for (const Change& change : changes) effects.add(change);
  return effects.hash();
}

}  // namespace

TEST_CASE("the hash of a run's effects does not depend on their order, but on each of them") {
  const Change a{"ticket", "1", Action::created, kHash, {}}, b{"client", "2", Action::updated, kHash, {}};
  const std::string both = hash_of({a, b});
  CHECK(hash_of({b, a}) == both);
  CHECK(hash_of({a}) != both);
  CHECK(hash_of({a, a, b}) != both);
  CHECK(hash_of({a, {"client", "2", Action::deleted, kHash, {}}}) != both);
  CHECK(hash_of({a, {"client", "2", Action::updated, kOther, {}}}) != both);
  CHECK(hash_of({a, {"site", "2", Action::updated, kHash, {}}}) != both);
}

TEST_CASE("effects are counted, and the first few kept as samples") {
  Effects effects;
  const std::vector<std::string> ids{"1", "2", "3", "4", "5", "6", "7"};
  for (const std::string& id : ids) effects.add({"ticket", id, Action::created, kHash, {}});
  const EntityEffect& tickets = effects.by_entity().at("ticket");
  CHECK(tickets.counts.at(Action::created) == 7);
  CHECK(tickets.samples.size() == 5);
  CHECK(tickets.samples.front().source_id == "1");
}
