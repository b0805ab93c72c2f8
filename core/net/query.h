// Queries of addresses and bodies of forms (application/x-www-form-urlencoded).
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace psabridge::net {

using QueryParameters = std::vector<std::pair<std::string, std::string>>;

/// "a=1&b=x%20y": everything but letters, digits and -._~ is percent-encoded.
std::string encode_query(const QueryParameters& parameters);
/// The parameters by name; of a name that comes twice the first counts. What is not well encoded stays as it
/// is.
std::map<std::string, std::string> decode_query(std::string_view query);

}  // namespace psabridge::net
