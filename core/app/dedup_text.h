// Duplicates as people read them, and records as people name them.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "core/app/context.h"
#include "core/dedup/deduplicator.h"

namespace psabridge::app {

/// "Acme Ltd (halo/12)": its name or summary, connection and source id.
std::string label_of(store::Reader& reader, const std::string& entity, dedup::RecordId record);

/// A weight, which is kept in 1/1024 bit.
double in_bits(std::int64_t weight) noexcept;
/// "12.4 bits"
std::string bits(std::int64_t weight);
/// "same", "review"
std::string_view name_of(plugin::DedupVerdict verdict) noexcept;
/// Why two records that match are not one, as a sentence.
std::string_view sentence_of(const dedup::Match& match) noexcept;

boost::json::object to_json(const dedup::PairWeight& weight);
boost::json::array to_json(const std::vector<dedup::PairReason>& reasons);
/// A line a reason, the sum below.
std::string reasons_text(const dedup::ExplainedPair& pair);
boost::json::object to_json(const store::DedupStep& step);

/// The golden record beside the records that it was made of.
std::string side_by_side(store::Reader& reader, const std::string& entity, const dedup::Group& group);
/// What refers to the records of an entity: "3 contacts, 12 tickets"; empty when nothing does.
std::string followers_of(store::Reader& reader, const std::string& entity, const dedup::Group& group);

}  // namespace psabridge::app
