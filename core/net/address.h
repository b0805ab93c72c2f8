// Which addresses may be talked to. An address is judged by its number, after the name lookup and before the
// connection, so that no name can lead to where nobody wanted to go.
#pragma once
#include <Poco/Net/IPAddress.h>

#include <array>
#include <optional>
#include <string_view>

namespace psabridge::net {

/// A range of addresses. IPv4 addresses and their IPv6 form (::ffff:a.b.c.d) are the same. A value.
class IpNetwork {
 public:
  /// "10.0.0.0/8", "fd00::/8", or one address. Nothing when it is none of these.
  static std::optional<IpNetwork> parse(std::string_view text);
  bool contains(const Poco::Net::IPAddress& address) const noexcept;

 private:
  std::array<unsigned char, 16> bytes_{};
  unsigned bits_ = 0;  ///< of the IPv6 form
};

enum class AddressKind {
  global,  ///< on the internet
  local,   ///< of this machine or a private network: only when the admin allows it
  never    ///< link-local, cloud metadata, multicast, documentation, ...: no setting allows it
};

struct AddressVerdict {
  AddressKind kind;
  std::string_view range;  ///< "loopback", "private (RFC 1918)"; empty for global ones. Lives for ever.
};

/// IPv6 addresses that carry an IPv4 address (NAT64, 6to4, Teredo) are judged by that one too.
AddressVerdict judge_address(const Poco::Net::IPAddress& address);

/// True when a connection to an address with this verdict may be made.
bool permits(const AddressVerdict& verdict, bool allow_private) noexcept;

}  // namespace psabridge::net
