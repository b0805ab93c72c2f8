// JSON pointers (RFC 6901).
#pragma once
#include <string>
#include <string_view>

namespace psabridge::config {

/// One reference token: '~' becomes "~0", '/' becomes "~1".
inline std::string escaped_token(std::string_view key) {
  std::string token;
  for (const char c : key) {
    if (c == '~')
      token += "~0";
    else if (c == '/')
      token += "~1";
    else
      token += c;
  }
  return token;
}

}  // namespace psabridge::config
