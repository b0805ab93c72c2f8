#include "tests/faultproxy/http_connect.h"

#include <openssl/evp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <vector>

namespace psabridge::test {
namespace {

constexpr std::size_t kHeadLimit = 16 * 1024;
constexpr int kLook = 20;  // ms

/// Byte by byte, so that what the client sends after the head stays in the socket.
std::string read_head(const Socket& client, const std::atomic<bool>& stopping) {
  std::string head;
  while (!head.ends_with("\r\n\r\n")) {
    pollfd watched{client.descriptor(), POLLIN, 0};
    if (stopping || head.size() > kHeadLimit) return {};
    if (::poll(&watched, 1, kLook) <= 0) continue;
    char byte = 0;
    if (::recv(client.descriptor(), &byte, 1, 0) != 1) return {};
    head += byte;
  }
  return head;
}

std::string decode_base64(const std::string& text) {
  std::vector<unsigned char> bytes(text.size() / 4 * 3 + 1);
  const int size = EVP_DecodeBlock(bytes.data(), reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  const auto padding = std::count(text.begin(), text.end(), '=');
  return size < 0 ? std::string() : std::string(bytes.begin(), bytes.begin() + size - padding);
}

std::string value_of(const std::string& head, const std::string& name) {
  const auto at = head.find("\r\n" + name + ": ");
  if (at == std::string::npos) return {};
  const auto begin = at + name.size() + 4;
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

std::optional<Target> parse_target(const std::string& text) {
  const auto colon = text.rfind(':');
  if (colon == std::string::npos) return std::nullopt;
  Target target{text.substr(0, colon), 0};
  const auto [end, failure] =
      std::from_chars(text.data() + colon + 1, text.data() + text.size(), target.port);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return target;
}

}  // namespace

std::optional<ConnectRequest> read_connect(const Socket& client, const std::atomic<bool>& stopping) {
  const std::string head = read_head(client, stopping);
  if (head.empty()) return std::nullopt;
  const auto begin = head.find(' ') + 1;
  const auto target = parse_target(head.substr(begin, head.find(' ', begin) - begin));
  if (!head.starts_with("CONNECT ") || !target) {
    answer_connect(client, 405);
    return std::nullopt;
  }
  constexpr std::string_view kBasic = "Basic ";
  const std::string sign_in = value_of(head, "Proxy-Authorization");
  return ConnectRequest{
      *target, sign_in.starts_with(kBasic) ? decode_base64(sign_in.substr(kBasic.size())) : std::string()};
}

void answer_connect(const Socket& client, int status) {
  std::string head =
      "HTTP/1.1 " + std::to_string(status) + (status == 200 ? " Connection established" : " Refused");
  if (status == 407) head += "\r\nProxy-Authenticate: Basic realm=\"fault proxy\"";
  if (status != 200) head += "\r\nContent-Length: 0\r\nConnection: close";
  head += "\r\n\r\n";
  ::send(client.descriptor(), head.data(), head.size(), MSG_NOSIGNAL);
  if (status == 200) return;
  ::shutdown(client.descriptor(), SHUT_WR);
  char rest[256];
  pollfd watched{client.descriptor(), POLLIN, 0};
  while (::poll(&watched, 1, 1'000) > 0 && ::recv(client.descriptor(), rest, sizeof rest, 0) > 0) {
  }
}

}  // namespace psabridge::test
