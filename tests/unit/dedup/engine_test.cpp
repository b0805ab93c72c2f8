#include "core/dedup/engine.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <map>
#include <numeric>
#include <random>

#include "tests/unit/dedup/word_strategy.h"

namespace psabridge::dedup {
namespace {

using test::kBit;
using test::packed_words;
using test::word_engine;

/// Records by their ids; the source id is the id.
class World {
 public:
  explicit World(std::size_t threads = 1) : engine(word_engine(threads)) {}

  void put(RecordId id, std::string_view words) { engine.put(id, packed_words(std::to_string(id), words)); }
  void add(RecordId id, std::string_view words) {
    put(id, words);
    engine.place({&id, 1}, {});
  }
  void declare(RecordId one, RecordId other, bool same) {
    engine.declare(pair_of(one, other), same);
    const RecordId records[] = {one, other};
    engine.regroup(records);
  }
  void lift(RecordId one, RecordId other) {
    engine.lift(pair_of(one, other));
    const RecordId records[] = {one, other};
    engine.regroup(records);
  }
  /// "1,2 3" for two entities, of which one has two records; those that are alone only when named.
  std::string groups() const {
    std::string text;
    for (const RecordId of : engine.joined()) {
      text += text.empty() ? "" : " ";
      const auto members = engine.members(of);
      for (std::size_t i = 0; i < members.size(); ++i)
        text += (i == 0 ? "" : ",") + std::to_string(members[i]);
    }
    return text;
  }
  Obstacle obstacle(RecordId one, RecordId other) const {
    return engine.matches().at(pair_of(one, other)).obstacle;
  }

  Engine engine;
};

TEST_CASE("records that share enough become one, those that share a little wait for a person") {
  World world;
  world.add(1, "a b c");
  world.add(2, "a b c");
  world.add(3, "a x");      // 4 - 1 - 2 = 1 bit with 1: distinct
  world.add(4, "a b y z");  // 8 - 3 = 5 bits: review
  CHECK(world.groups() == "1,2");
  CHECK(world.engine.needs_review({1, 4}));
  CHECK_FALSE(world.engine.needs_review({1, 2}));
  CHECK_FALSE(world.engine.matches().contains({1, 3}));
}

TEST_CASE("a changed record is looked at anew, a removed one leaves its entity") {
  World world;
  world.add(1, "a b c");
  world.add(2, "a b c");
  world.add(3, "a b c");
  CHECK(world.groups() == "1,2,3");
  world.add(2, "q r s");
  CHECK(world.groups() == "1,3");
  world.engine.remove(3);
  const RecordId gone = 3;
  world.engine.regroup({&gone, 1});
  CHECK(world.groups().empty());
  CHECK(world.engine.matches().empty());
  world.add(2, "a b c");
  CHECK(world.groups() == "1,2");
}

TEST_CASE("what keeps matching records apart has a name") {
  SECTION("an id that excludes the other") {
    World world;
    world.add(1, "a b c d e id:1");
    world.add(2, "a b c d e id:2");
    CHECK(world.groups().empty());
    CHECK(world.engine.needs_review({1, 2}));
    CHECK(world.engine.matches().at({1, 2}).weight.veto);
  }
  SECTION("an id of another record of the entity") {
    World world;
    world.add(1, "a b c d e f g id:1");
    world.add(2, "a b c d e f g");
    world.add(3, "a b c d id:3");
    CHECK(world.groups() == "1,2");
    CHECK(world.obstacle(2, 3) == Obstacle::veto);
  }
  SECTION("two entities that cannot be one, and fit as well") {
    World world;
    world.add(1, "a b c d e f g id:1");
    world.add(2, "a b c d e f g");
    CHECK(world.groups() == "1,2");
    world.add(3, "a b c d e f g id:3");
    CHECK(world.groups().empty());
    CHECK(world.obstacle(1, 2) == Obstacle::ambiguous);
    CHECK(world.obstacle(2, 3) == Obstacle::ambiguous);
  }
  SECTION("a chain: neighbours are alike, the ends are not") {
    World world;
    world.add(1, "a b c d");
    world.add(2, "c d e f a b g h i j k l m n");
    world.add(3, "g h i j");
    CHECK(world.engine.entity_of(1) != world.engine.entity_of(3));
  }
}

TEST_CASE("a bridge of one pair does not tie two entities") {
  // 1,2 are one, 3,4 are one; only 2 and 3 match across.
  World world;
  world.put(1, "a b c d e");
  world.put(2, "a b c d e x y z");
  world.put(3, "p q r s t x y z");
  world.put(4, "p q r s t");
  world.engine.settle({});
  CHECK(world.groups() == "1,2 3,4");
}

TEST_CASE("what a person says is stronger than what is found, and can be taken back") {
  World world;
  world.add(1, "a b c");
  world.add(2, "a b c");
  world.add(3, "other words entirely");
  const std::uint64_t before = world.engine.fingerprint();

  world.declare(1, 3, true);
  CHECK(world.groups() == "1,2,3");
  world.declare(1, 2, false);
  CHECK(world.engine.entity_of(1) != world.engine.entity_of(2));
  world.engine.settle({});
  CHECK(world.engine.entity_of(1) != world.engine.entity_of(2));
  world.lift(1, 2);
  world.lift(1, 3);
  CHECK(world.groups() == "1,2");
  CHECK(world.engine.fingerprint() == before);
}

TEST_CASE("not the same holds through any path") {
  World world;
  world.add(1, "a b c");
  world.add(2, "q r s");
  world.declare(1, 2, false);
  world.add(3, "z1 z2 z3");
  world.declare(1, 3, true);
  world.declare(2, 3, true);  // would tie 1 and 2 through 3
  CHECK(world.engine.entity_of(1) != world.engine.entity_of(2));
  world.add(4, "a b c q r s");  // like both
  CHECK(world.engine.entity_of(1) != world.engine.entity_of(2));
  world.add(2, "a b c");  // now the very same words
  world.engine.settle({});
  CHECK(world.engine.entity_of(1) != world.engine.entity_of(2));
}

TEST_CASE("a key that very many share leads nowhere, and costs nothing") {
  World world;
  for (RecordId id = 1; id <= 10'000; ++id) world.put(id, "serial0 common generic");
  world.engine.settle({});
  CHECK(world.engine.matches().empty());
  world.add(10'001, "serial0 common generic");
  CHECK(world.groups().empty());
  world.add(10'002, "rare1 rare2 rare3 serial0");
  world.add(10'003, "rare1 rare2 rare3 serial0");
  CHECK(world.groups() == "10002,10003");
}

/// Entities of three to five alike records, with noise words that many share.
std::vector<std::string> noisy_records(std::mt19937_64& random, std::size_t entities) {
  std::vector<std::string> records;
  for (std::size_t entity = 0; entity < entities; ++entity) {
    const std::string mark = "m" + std::to_string(entity);
    for (std::size_t copy = 0, copies = 1 + random() % 5; copy < copies; ++copy) {
      std::string words;
      for (int part = 0; part < 4; ++part)
        if (random() % 5 != 0) words += mark + "p" + std::to_string(part) + " ";
      words += "noise" + std::to_string(random() % 300) + " noise" + std::to_string(random() % 300);
      if (random() % 8 == 0) words += " id:" + std::to_string(random() % 3);
      records.push_back(words);
    }
  }
  return records;
}

TEST_CASE("any order of arrival and any number of threads end in the same entities") {
  std::mt19937_64 random(7);
  const std::vector<std::string> records = noisy_records(random, 300);
  std::vector<std::size_t> order(records.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::optional<std::uint64_t> fingerprint;
  for (int round = 0; round < 10; ++round) {
    Engine engine = word_engine(round % 2 == 0 ? 1 : 2);
    // The id of a row is a matter of arrival; what the record is, is not.
    for (std::size_t place = 0; place < order.size(); ++place) {
      const auto id = static_cast<RecordId>(place + 1);
      engine.put(id, packed_words("s" + std::to_string(order[place]), records[order[place]]));
      engine.place({&id, 1}, {});
    }
    engine.settle({});
    if (!fingerprint) fingerprint = engine.fingerprint();
    CHECK(engine.fingerprint() == *fingerprint);
    CHECK(engine.joined().size() > 100);
    std::ranges::shuffle(order, random);
  }
}

/// Everything that follows from records and words of people.
std::string state_of(const Engine& engine) {
  std::string text;
  for (const auto& [pair, match] : engine.matches())
    text += std::to_string(pair.first) + "-" + std::to_string(pair.second) + ":" +
            std::to_string(match.weight.weight) + "/" +
            std::to_string(static_cast<int>(match.weight.verdict)) + "/" +
            std::to_string(static_cast<int>(match.obstacle)) + " ";
  for (const RecordId of : engine.joined()) {
    text += "[";
    for (const RecordId member : engine.members(of)) text += std::to_string(member) + " ";
    text += "]";
  }
  return text;
}

TEST_CASE("ten thousand random steps, all taken back, leave the state as it was") {
  std::mt19937_64 random(11);
  const std::vector<std::string> records = noisy_records(random, 60);
  World world;
  for (std::size_t i = 0; i < records.size(); ++i) world.put(static_cast<RecordId>(i + 1), records[i]);
  world.engine.settle({});
  const std::string before = state_of(world.engine);

  std::map<Pair, bool> said;
  std::map<RecordId, std::string> edited;
  const auto any = [&] { return static_cast<RecordId>(1 + random() % records.size()); };
  for (int step = 0; step < 10'000; ++step) {
    const RecordId one = any(), other = any();
    if (one == other) continue;
    const Pair pair = pair_of(one, other);
    switch (random() % 4) {
      case 0:
      case 1:
        said[pair] = random() % 2 == 0;
        world.declare(one, other, said[pair]);
        break;
      case 2:
        if (said.erase(pair) > 0) world.lift(one, other);
        break;
      default:
        edited[one] = records[static_cast<std::size_t>(other - 1)];
        world.add(one, edited[one]);
    }
  }
  CHECK(state_of(world.engine) != before);
  for (const auto& [pair, same] : said) world.lift(pair.first, pair.second);
  for (const auto& [record, words] : edited) world.add(record, records[static_cast<std::size_t>(record - 1)]);
  CHECK(state_of(world.engine) == before);
}

TEST_CASE("a record is judged before it is there, and leaves no trace") {
  World world;
  world.add(1, "a b c");
  world.add(2, "a b c");
  world.add(3, "a b y z");
  const auto likenesses = world.engine.likenesses(packed_words("new", "a b c"), 0, {});
  REQUIRE(likenesses.size() == 2);
  CHECK(likenesses[0].entity == 1);
  CHECK(likenesses[0].weight.verdict == plugin::DedupVerdict::same);
  CHECK(likenesses[1].record == 3);
  CHECK(likenesses[1].weight.verdict == plugin::DedupVerdict::review);
  CHECK(world.engine.likenesses(packed_words("new", "nothing alike"), 0, {}).empty());
  CHECK(world.engine.size() == 3);
}

TEST_CASE("reasons add up to what was decided by") {
  World world;
  world.add(1, "a b c");
  world.add(2, "a b x");
  const ExplainedPair pair = world.engine.explain(1, 2, {});
  CHECK(pair.weight.weight == (8 - 2) * kBit);
  std::int64_t sum = 0;
  for (const PairReason& reason : pair.reasons) sum += reason.weight;
  CHECK(sum == pair.weight.weight);
  CHECK(world.engine.matches().at({1, 2}).weight.weight == pair.weight.weight);
  CHECK(world.engine.explain(2, 1, {}).weight.weight == pair.weight.weight);
}

}  // namespace
}  // namespace psabridge::dedup
