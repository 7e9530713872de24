# Runs as the first process of a PID namespace, in a mount namespace: when it is killed, every process and every mount of
# the node is gone. Arguments: a folder for what is not kept, and the command of containerd.
set -eu
kept_not=$1
shift

mount -t tmpfs tmpfs "$kept_not"

# What kubelet and the network plugins set for the whole machine, they set in copies.
number=0
for setting in vm/overcommit_memory vm/panic_on_oom kernel/panic kernel/panic_on_oops kernel/keys/root_maxkeys \
    kernel/keys/root_maxbytes net/ipv4/ip_forward; do
    number=$((number + 1))
    cat "/proc/sys/$setting" > "$kept_not/setting-$number"
    mount --bind "$kept_not/setting-$number" "/proc/sys/$setting"
done

# What they write outside of their folders is not kept.
for folder in /var/lib /var/log; do
    mkdir -p "$kept_not$folder/upper" "$kept_not$folder/work"
    mount -t overlay overlay -o "lowerdir=$folder,upperdir=$kept_not$folder/upper,workdir=$kept_not$folder/work" "$folder"
done
mount -t tmpfs tmpfs /run

"$@" &
# As the first process it is the parent of all whose own is gone.
wait
