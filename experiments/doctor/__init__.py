"""What a machine, an installation and a folder of results lack: looked at, and never changed."""
