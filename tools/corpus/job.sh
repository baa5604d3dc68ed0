#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The script of a Slurm job of `lightpose corpus submit`. Everything that differs between clusters is here. Edit it, and
# pass it: lightpose corpus submit --template FILE
# Lines that begin with ## are comments.

#SBATCH --nodes=1
#SBATCH --ntasks=1
# One worker uses all CPUs. Decoders of large videos take the most memory, on each CPU.
#SBATCH --cpus-per-task=8
#SBATCH --mem=4G
# A longer job loads the weights less often; a shorter one starts sooner. Nothing is lost when a job ends.
#SBATCH --time=12:00:00
##SBATCH --partition=NAME
##SBATCH --account=NAME
##SBATCH --qos=NAME
# Results differ in their last digits between instruction sets: nodes of one kind agree.
##SBATCH --constraint=NAME

# What the program needs on a node:
## module load ffmpeg postgresql
## export LIGHTPOSE_WEIGHTS=/shared/weights/human-pose-estimation-0001.safetensors

# Where `stage` puts copies of videos, if it is not the same on the nodes as where `submit` runs:
## export LIGHTPOSE_WORK_SPACE=/scratch/lightpose

program=$1 # its path on the machine that submitted
shift

# A worker stops a minute (--margin) before $SLURM_JOB_END_TIME. Older Slurm (22.05) does not set it, so it is read from
# squeue, which may need a moment to know it. Without it a worker stops when Slurm sends SIGTERM at the limit, KillWait
# seconds before it is killed.
job=${SLURM_ARRAY_JOB_ID:-${SLURM_JOB_ID-}}${SLURM_ARRAY_TASK_ID:+_$SLURM_ARRAY_TASK_ID}
for pause in 1 2 3 0; do
    [ -z "${SLURM_JOB_END_TIME-}" ] && [ -n "$job" ] || break
    end=$(squeue --noheader --job "$job" --format %e 2>/dev/null)
    case $end in
    20*) SLURM_JOB_END_TIME=$(date -d "$end" +%s) && export SLURM_JOB_END_TIME ;;
    *) sleep $pause ;;
    esac
done

exec "$program" corpus work --threads "${SLURM_CPUS_PER_TASK:-0}" "$@"
