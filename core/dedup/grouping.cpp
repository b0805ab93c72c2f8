#include "core/dedup/grouping.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <tuple>
#include <utility>

namespace psabridge::dedup {
namespace {

constexpr std::size_t kMostPairs = 200;     // weighed for one join
constexpr std::int64_t kMargin = 6 * 1024;  // 1/1024 bit by which the best entity must lead the second

class Grouper {
 public:
  Grouper(std::size_t nodes, std::span<Tie> ties, std::span<const Ban> bans, const WeighNodes& weigh)
      : weigh_(weigh), entity_(nodes), members_(nodes) {
    std::iota(entity_.begin(), entity_.end(), Node{0});
    for (Node node = 0; node < nodes; ++node) members_[node] = {node};
    for (const Ban& ban : bans) bans_.emplace(ban.a, ban.b);
    std::ranges::sort(ties, {},
                      [](const Tie& tie) { return std::tuple(!tie.by_person, -tie.weight, tie.a, tie.b); });
    ties_of_.resize(nodes);
    for (const Tie& tie : ties) {
      ties_of_[tie.a].push_back(&tie);
      ties_of_[tie.b].push_back(&tie);
    }
  }

  void consider(Tie& tie) {
    const Node a = entity_[tie.a], b = entity_[tie.b];
    tie.obstacle = Obstacle::none;
    if (a == b) return;
    tie.obstacle = obstacle_between(tie, a, b);
    if (tie.obstacle == Obstacle::none) join(a, b);
  }

  std::vector<Node> entities() && { return std::move(entity_); }

 private:
  /// What all pairs of two entities say together.
  struct Cross {
    std::int64_t sum = 0;
    std::size_t same = 0;
    bool veto = false;
  };

  Obstacle obstacle_between(const Tie& tie, Node a, Node b) const {
    if (banned(a, b)) return Obstacle::not_same;
    if (tie.by_person) return Obstacle::none;
    const bool a_alone = members_[a].size() == 1, b_alone = members_[b].size() == 1;
    if (!a_alone || !b_alone) {
      const Cross cross = weigh(a, b);
      if (cross.veto) return Obstacle::veto;
      if (cross.sum <= 0) return Obstacle::chain;
      if (!a_alone && !b_alone && cross.same < 2) return Obstacle::bridge;
    }
    if (a_alone && is_ambiguous(tie, tie.a, b)) return Obstacle::ambiguous;
    if (b_alone && is_ambiguous(tie, tie.b, a)) return Obstacle::ambiguous;
    return Obstacle::none;
  }

  bool banned(Node a, Node b) const {
    if (bans_.empty()) return false;
    for (const Node one : members_[a])
      for (const Node other : members_[b])
        if (bans_.contains(std::minmax(one, other))) return true;
    return false;
  }

  /// True when the lone node is tied nearly as well to a third entity, which cannot be one with `entity`.
  bool is_ambiguous(const Tie& tie, Node lone, Node entity) const {
    for (const Tie* other : ties_of_[lone]) {
      const Node third = entity_[other->a == lone ? other->b : other->a];
      if (other->by_person || third == entity || third == entity_[lone]) continue;
      if (tie.weight - other->weight >= kMargin) continue;
      if (banned(entity, third)) return true;
      const Cross cross = weigh(entity, third);
      if (cross.veto || cross.sum <= 0) return true;
    }
    return false;
  }

  Cross weigh(Node a, Node b) const {
    Cross cross;
    const std::vector<Node>&few = members_[a].size() <= members_[b].size() ? members_[a] : members_[b],
          &many = &few == &members_[a] ? members_[b] : members_[a];
    const std::size_t probes = std::min(few.size(), std::size_t{14});
    const std::vector<Node> candidates = sample(many, kMostPairs / probes);
    std::vector<PairWeight> weights(candidates.size());
    for (const Node probe : sample(few, probes)) {
      weigh_(probe, candidates, weights);
      for (const PairWeight& weight : weights) {
        cross.sum += weight.weight;
        cross.same += weight.verdict == plugin::DedupVerdict::same;
        cross.veto = cross.veto || weight.veto;
      }
    }
    return cross;
  }

  /// Evenly spread over the members.
  static std::vector<Node> sample(const std::vector<Node>& members, std::size_t most) {
    if (members.size() <= most) return members;
    std::vector<Node> chosen(most);
    for (std::size_t i = 0; i < most; ++i) chosen[i] = members[i * members.size() / most];
    return chosen;
  }

  void join(Node a, Node b) {
    const auto [low, high] = std::minmax(a, b);
    std::vector<Node> both;
    std::ranges::merge(members_[low], members_[high], std::back_inserter(both));
    for (const Node node : members_[high]) entity_[node] = low;
    members_[high].clear();
    members_[low] = std::move(both);
  }

  const WeighNodes& weigh_;
  std::vector<Node> entity_;                ///< of a node: the lowest node of its entity
  std::vector<std::vector<Node>> members_;  ///< of an entity, ascending
  std::vector<std::vector<const Tie*>> ties_of_;
  std::set<std::pair<Node, Node>> bans_;
};

}  // namespace

std::vector<Node> group(std::size_t nodes, std::span<Tie> ties, std::span<const Ban> bans,
                        const WeighNodes& weigh) {
  Grouper grouper(nodes, ties, bans, weigh);
  for (Tie& tie : ties) grouper.consider(tie);
  return std::move(grouper).entities();
}

}  // namespace psabridge::dedup
